import type { KnownMigration } from './known-migration.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'

/**
 * The rolled-up migrations that a database has applied under the names of their parts, and not under their
 * own. Pure.
 * Throws ROLLUP_PARTIAL where it has applied only some parts, APPLIED_EDITED where one of another text.
 */
export function rollupsIn(
  known: readonly KnownMigration[],
  state: Pick<DatabaseState, 'ledger' | 'completed'>,
): KnownMigration[] {
  const applied = new Set(state.ledger.map(({ name }) => name))
  return known.filter(({ name, replaces = [] }) => {
    const present = replaces.filter((part) => applied.has(part.name))
    if (present.length === 0 || applied.has(name)) return false
    const missing = replaces.filter((part) => !applied.has(part.name))
    if (missing.length > 0) {
      throw failure('ROLLUP_PARTIAL', { name, missing: missing.map((part) => part.name) })
    }
    for (const part of present) {
      const last = state.completed.get(part.name)
      if (last?.direction !== 'up' || last.checksum === null) continue
      if (last.checksum !== part.checksum) {
        const facts = { name: part.name, applied: last.checksum, found: part.checksum }
        throw failure('APPLIED_EDITED', facts)
      }
    }
    return true
  })
}
