import { diffCatalogs, type Difference } from './diff.ts'
import { lastName } from './identity.ts'
import type { Catalog, CatalogObject } from './model.ts'

/**
 * As {@link diffCatalogs}, but for partitions that only one side has, of a table that both have: they come and go
 * with time, made and dropped by jobs, and a schema that was made yesterday has others than one of today.
 */
export function diffBesidesPartitions(here: Catalog, there: Catalog): Difference[] {
  return diffCatalogs(withoutOwnPartitions(here, there), withoutOwnPartitions(there, here))
}

/** A catalog without the partitions that no text names: jobs and functions make them, and others tomorrow. */
export function withoutUnnamedPartitions({ objects }: Catalog, text: string): Catalog {
  const unnamed = new Set(
    objects.flatMap((one) =>
      one.kind === 'table' && one.partitionOf && !text.includes(lastName(one.identity))
        ? [one.identity]
        : [],
    ),
  )
  return { objects: objects.filter((object) => !isPart(object, unnamed)) }
}

/** True of the tables that are named, and of what belongs to one of them. */
function isPart(object: CatalogObject, tables: ReadonlySet<string>): boolean {
  return tables.has(object.identity) || ('of' in object && tables.has(object.of))
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
  return { objects: catalog.objects.filter((object) => !isPart(object, own)) }
}
