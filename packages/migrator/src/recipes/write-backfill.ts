import type { KnownObjects } from '../known/known-objects.ts'
import type { Backfill, Name } from '../migration.ts'
import { findKey } from './unfit.ts'

/** The backfill that sets columns of a table in the rows that remain, by the key that is known of it. */
export function writeBackfill(
  known: KnownObjects,
  table: Name,
  what: Pick<Backfill, 'set' | 'remains'>,
): Backfill {
  const there = known.table(table)
  return {
    ...(table.schema !== undefined && { schema: table.schema }),
    table: table.name,
    ...(there && findKey(there)),
    ...what,
  }
}
