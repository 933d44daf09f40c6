import {
  diffBesidesPartitions,
  type Catalog,
  type CatalogObject,
  type Difference,
} from '../catalog/index.ts'
import type { KnownSchema } from './known-schemas.ts'

/** What a database is, judged by its catalog alone. */
export type SchemaMatch =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'known'
      readonly schema: KnownSchema
      /** Other known schemas with the same catalog: a migration that changes only rows leaves no trace in it. */
      readonly alsoMatches: readonly KnownSchema[]
      readonly renames: readonly Rename[]
      /** Differences that do not count: grants, owners, storage, comments. */
      readonly ignored: readonly Difference[]
    }
  | {
      readonly kind: 'unknown'
      readonly nearest: KnownSchema
      readonly renames: readonly Rename[]
      readonly differences: readonly Difference[]
      readonly ignored: readonly Difference[]
    }

/** An index or a constraint that differs from the expected one only in its name. */
export interface Rename {
  readonly kind: 'index' | 'constraint'
  readonly of: string
  readonly from: string
  readonly to: string
}

/** Grants, storage and comments differ between installations of one schema. */
const IGNORED_SEVERITIES = new Set(['access', 'storage', 'cosmetic'])

/** Kinds of objects that a new database may have: it is empty with them. */
const KINDS_OF_AN_EMPTY_DATABASE = new Set([
  'schema',
  'extension',
  'setting',
  'default-grants',
  'comment',
  'publication',
  'other',
])

/** Finds the known schema that a catalog equals, or else the nearest. Pure. */
export function matchSchema(live: Catalog, schemas: readonly KnownSchema[]): SchemaMatch {
  if (live.objects.every(({ kind }) => KINDS_OF_AN_EMPTY_DATABASE.has(kind)))
    return { kind: 'empty' }
  const compared = schemas.map((schema) => ({ schema, ...compareSchemas(live, schema.catalog) }))
  const equal = compared.filter(({ differences }) => differences.length === 0)
  const [first] = equal
  if (first) {
    const { schema, renames, ignored } = first
    const alsoMatches = schema.isLegacy ? [] : equal.slice(1).map((other) => other.schema)
    return { kind: 'known', schema, alsoMatches, renames, ignored }
  }
  const [closest] = compared.toSorted(
    (a, b) => countObjects(a.differences) - countObjects(b.differences),
  )
  if (!closest) return { kind: 'empty' }
  const { schema: nearest, ...comparison } = closest
  return { kind: 'unknown', nearest, ...comparison }
}

/** Compares two schemas; names of indexes and constraints are renames, not differences. Pure. */
export function compareSchemas(
  live: Catalog,
  expected: Catalog,
): {
  readonly differences: readonly Difference[]
  readonly renames: readonly Rename[]
  readonly ignored: readonly Difference[]
} {
  const all = diffBesidesPartitions(live, expected)
  const { renames, renamed } = findRenames(all)
  const rest = all.filter((difference) => !renamed.has(difference))
  return {
    differences: rest.filter((difference) => !isIgnored(difference)),
    renames,
    ignored: rest.filter(isIgnored),
  }
}

function isIgnored({ severity }: Difference): boolean {
  return IGNORED_SEVERITIES.has(severity)
}

/** A catalog without some of its objects, which are named by `objectKey`. */
export function withoutObjects(catalog: Catalog, keys: ReadonlySet<string>): Catalog {
  return { objects: catalog.objects.filter((object) => !keys.has(objectKey(object))) }
}

/** `index public.idx_jobs_status`, as unmanaged objects are recorded. */
export function objectKey({ kind, identity }: Pick<CatalogObject, 'kind' | 'identity'>): string {
  return `${kind} ${identity}`
}

function findRenames(differences: readonly Difference[]) {
  const renamed = new Set<Difference>()
  const renames = differences.flatMap((missing): Rename[] => {
    const { kind, what, there } = missing
    if (what !== 'missing' || (kind !== 'index' && kind !== 'constraint')) return []
    if (!there || !('of' in there)) return []
    const found = differences.find(
      ({ what, here, identity }) =>
        what === 'extra' &&
        here !== undefined &&
        'of' in here &&
        here.of === there.of &&
        missing.possibleRenames.includes(identity),
    )
    if (!found || renamed.has(found)) return []
    renamed.add(found).add(missing)
    return [{ kind, of: there.of, from: found.identity, to: missing.identity }]
  })
  return { renames, renamed }
}

/** A missing table counts with all of its parts. */
function countObjects(differences: readonly Difference[]): number {
  return differences.reduce(
    (sum, { parts }) => sum + 1 + Object.values(parts).reduce((a, b) => a + b, 0),
    0,
  )
}
