import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { isComputedFrom } from '../safe-forms/why-rewritten.ts'
import type { KnownTable } from '../known/known-table.ts'
import { isComputed } from '../known/parts.ts'
import type { Name } from '../migration.ts'

/** Why nothing beside these columns can be kept right, in words that follow "since"; undefined where one can. */
export function whyNotBeside(
  known: KnownObjects,
  name: Name,
  columns: readonly string[],
): string | undefined {
  const table = known.table(name)
  const own = columns.map((column) => table?.columns.get(column) ?? {})
  const constraints = own.flatMap(constraintsOf)
  if (!table) return 'no migration here has made the table'
  if (table.isPartitioned || table.partitionOf) return 'the table has partitions or is one'
  if (known.hasChildren(name)) return 'other tables inherit from the table'
  if (own.some(isComputed)) return 'PostgreSQL computes the column'
  if (constraints.some(({ generated_when }) => generated_when === 'a'))
    return 'PostgreSQL alone gives the column its numbers'
  if (columns.some((column) => isComputedFrom(table, column)))
    return 'another column is computed from it'
  return findKey(table) ? undefined : 'the table has no key by which its rows could be gone through'
}

/** The same of the type of a column that is added: a value that it has from the beginning would be taken for a written one. */
export function whyNotEmpty(
  known: KnownObjects,
  columns: readonly ColumnDef[],
): string | undefined {
  return columns.some((column) => known.domains.isNeverNull(column))
    ? 'its type is a domain that has a default, or refuses NULL'
    : undefined
}

/** How a backfill goes through a table: by its primary key, which it need not name, or by another. */
export function findKey({
  constraints,
  required,
}: KnownTable): { readonly key?: readonly string[] } | undefined {
  const all = [...constraints.values()]
  if (all.some(({ type }) => type === 'CONSTR_PRIMARY')) return {}
  const key = all.find(
    ({ type, columns, definition }) =>
      type === 'CONSTR_UNIQUE' &&
      !definition.deferrable &&
      columns.every((column) => required.has(column)),
  )
  return key && { key: key.columns }
}
