import type { AdoptionPlan } from './adoption-plan.ts'
/** What the journal calls an adoption where it calls a migration by its name. */
export const ADOPTION = 'adoption'

/** What a database was found to be, in words. */
export function shapeOf({ classification }: AdoptionPlan): string {
  if (classification.kind === 'known') return classification.shape.name
  return classification.kind === 'empty' ? 'an empty database' : 'unknown'
}
