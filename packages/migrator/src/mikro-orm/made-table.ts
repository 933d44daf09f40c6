import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownTable } from '../known/known-table.ts'

/**
 * What the migrations have made of a table of MikroORM's: it gives each table a schema, and what they name without one is
 * found without one.
 */
export function findMade(
  known: KnownObjects,
  { name, schema }: { readonly name: string; readonly schema?: string },
): KnownTable | undefined {
  return known.table({ name, ...(schema !== undefined && { schema }) }) ?? known.table({ name })
}
