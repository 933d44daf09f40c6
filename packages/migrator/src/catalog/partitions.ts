import { diffCatalogs, type Difference } from './diff.ts'
import { lastName } from './identity.ts'
import type { Catalog, ObjectOf } from './model.ts'

/**
 * As {@link diffCatalogs}, but for partitions that only one side has, of a table that both have: they come and go
 * with time, made and dropped by jobs, and a schema that was made yesterday has others than one of today.
 */
export function diffBesidesPartitions(here: Catalog, there: Catalog): Difference[] {
  return diffCatalogs(withoutOwnPartitions(here, there), withoutOwnPartitions(there, here))
}

/** A catalog without the partitions that no text names: jobs and functions make them, and others tomorrow. */
export function withoutUnnamedPartitions(catalog: Catalog, text: string): Catalog {
  return withoutPartitions(catalog, ({ identity }) => !text.includes(lastName(identity)))
}

/** A catalog without the partitions that the other one lacks, though it has the table that they are of. */
function withoutOwnPartitions(catalog: Catalog, other: Catalog): Catalog {
  const tables = new Set(
    other.objects.flatMap((one) => (one.kind === 'table' ? [one.identity] : [])),
  )
  return withoutPartitions(
    catalog,
    ({ identity, partitionOf = '' }) => !tables.has(identity) && tables.has(partitionOf),
  )
}

/** A catalog without some of its partitions, and without what belongs to one of them. */
function withoutPartitions(
  { objects }: Catalog,
  isLeftOut: (partition: ObjectOf<'table'>) => boolean,
): Catalog {
  const out = new Set(
    objects.flatMap((one) =>
      one.kind === 'table' && one.partitionOf && isLeftOut(one) ? [one.identity] : [],
    ),
  )
  return {
    objects: objects.filter((one) => !out.has(one.identity) && !('of' in one && out.has(one.of))),
  }
}
