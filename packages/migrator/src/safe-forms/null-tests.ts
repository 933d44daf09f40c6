import { mayBeRow } from '../known/casts.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Name } from '../migration.ts'
import { isNull, isSet } from '../sql/is-null.ts'
import { quoteName } from '../sql/quote-name.ts'

/** SQL: whether a column is set, as NOT NULL and indexes have it, for which a row of NULLs is a value. */
export function writeIsSet(table: Name, column: string, known: KnownObjects): string {
  const name = quoteName(column)
  return isOfRows(table, column, known) ? isSet(name) : `${name} is not null`
}

/** SQL: the opposite. */
export function writeIsNull(table: Name, column: string, known: KnownObjects): string {
  const name = quoteName(column)
  return isOfRows(table, column, known) ? isNull(name) : `${name} is null`
}

function isOfRows(table: Name, column: string, known: KnownObjects): boolean {
  const definition = known.table(table)?.columns.get(column)
  return definition !== undefined && mayBeRow(known.domains.withBase(definition), known)
}
