import type { Difference } from '../catalog/diff.ts'
import { renderDifferences } from '../catalog/render.ts'

/** The differences as people read them. */
export function renderDrift(
  differences: readonly Difference[],
  there = 'what the last run left',
): string {
  const names = { here: 'this database', there }
  return renderDifferences([...differences], names)
}
