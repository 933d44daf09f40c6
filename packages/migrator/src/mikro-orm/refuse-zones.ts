import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { dependsOnZone, listTypeChanges } from '../known/type-changes.ts'
import { shown } from '../phase/release.ts'
import { readEach } from '../safe-forms/renamed-objects.ts'
import type { Ways } from '../safe-forms/split-phases.ts'

/**
 * Throws PROJECT_INVALID of a column that gets a time zone, or loses it, where MikroORM does not write in UTC: nothing says then
 * which moments its values are.
 */
export async function refuseZones({ up }: Pick<Ways, 'up'>, known: KnownObjects): Promise<void> {
  for await (const [node, there] of readEach(up, known)) {
    const change = listTypeChanges(node, there).find(dependsOnZone)
    if (!change) continue
    const reason = `The type of ${shown(change.table)}.${change.name} changes, and what becomes of a value depends on a time zone. forceUtcTimezone is off, so that nothing says which one. Write that migration by hand, with SET timezone before the change.`
    const why = 'To write that migration by hand'
    throw failure('PROJECT_INVALID', {
      reason,
      next: [{ command: 'create', options: { blank: true }, why }],
    })
  }
}
