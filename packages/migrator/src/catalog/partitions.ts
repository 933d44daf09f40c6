import { diffCatalogs, type Difference } from './diff.ts'
import type { Catalog, CatalogObject } from './model.ts'

/**
 * As {@link diffCatalogs}, but for partitions that only one side has, of a table that both have: they come and go
 * with time, made and dropped by jobs, and a schema that was made yesterday has others than one of today.
 */
export function diffBesidesPartitions(here: Catalog, there: Catalog): Difference[] {
  return diffCatalogs(withoutOwnPartitions(here, there), withoutOwnPartitions(there, here))
}

/** A catalog without the partitions that the other one lacks, though it has the table that they are of. */
function withoutOwnPartitions(catalog: Catalog, other: Catalog): Catalog {
  const tables = new Set(
    other.objects.flatMap((one) => (one.kind === 'table' ? [one.identity] : [])),
  )
  const own = new Set(
    catalog.objects.flatMap((one) => {
      const isOwn =
        one.kind === 'table' && one.partitionOf !== undefined && !tables.has(one.identity)
      return isOwn && tables.has(one.partitionOf ?? '') ? [one.identity] : []
    }),
  )
  const isPart = (object: CatalogObject) =>
    own.has(object.identity) || ('of' in object && own.has(object.of))
  return { objects: catalog.objects.filter((object) => !isPart(object)) }
}
