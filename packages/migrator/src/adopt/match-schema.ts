import { isDeepStrictEqual } from 'node:util'
import {
  diffBesidesPartitions,
  lastName,
  splitIdentity,
  toIdentity,
  type Catalog,
  type CatalogObject,
  type Difference,
  type ObjectOf,
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
      readonly promotions: readonly Promotion[]
      /** Differences that do not count: grants, owners, storage, comments. */
      readonly ignored: readonly Difference[]
    }
  | {
      readonly kind: 'unknown'
      readonly nearest: KnownSchema
      readonly renames: readonly Rename[]
      readonly promotions: readonly Promotion[]
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

/** A unique index, as Prisma makes one, where a unique constraint is expected that would have the same index. */
export interface Promotion {
  readonly of: string
  readonly index: string
  readonly constraint: string
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
    const { schema, renames, promotions, ignored } = first
    const alsoMatches = schema.isLegacy ? [] : equal.slice(1).map((other) => other.schema)
    return { kind: 'known', schema, alsoMatches, renames, promotions, ignored }
  }
  const [closest] = compared.toSorted(
    (a, b) => countObjects(a.differences) - countObjects(b.differences),
  )
  if (!closest) return { kind: 'empty' }
  const { schema: nearest, ...comparison } = closest
  return { kind: 'unknown', nearest, ...comparison }
}

/**
 * Compares two schemas; names of indexes and constraints are renames, and a unique index in the place of its constraint is
 * promoted: neither is a difference. Pure.
 */
export function compareSchemas(
  live: Catalog,
  expected: Catalog,
): {
  readonly differences: readonly Difference[]
  readonly renames: readonly Rename[]
  readonly promotions: readonly Promotion[]
  readonly ignored: readonly Difference[]
} {
  const all = diffBesidesPartitions(live, expected)
  const { renames, renamed } = findRenames(all)
  const promotions = findPromotions(live, expected, all)
  const promoted = new Set(promotions.flatMap(keysOfPromotion))
  const rest = all.filter((one) => !renamed.has(one) && !promoted.has(objectKey(one)))
  return {
    differences: rest.filter((difference) => !isIgnored(difference)),
    renames,
    promotions,
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

function findPromotions(
  live: Catalog,
  expected: Catalog,
  differences: readonly Difference[],
): Promotion[] {
  const differing = new Set(differences.map(objectKey))
  const indexes = live.objects.filter(
    (one) => one.kind === 'index' && one.constraint === undefined && differing.has(objectKey(one)),
  )
  return differences.flatMap(({ what, there }): Promotion[] => {
    if (what !== 'missing' || there?.kind !== 'constraint' || !canPromote(there, expected))
      return []
    const wanted = expected.objects.find(
      (one) => one.kind === 'index' && one.constraint === there.identity,
    )
    const found = wanted && indexes.find((one) => isSameIndex(one, wanted))
    return found ? [{ of: there.of, index: found.identity, constraint: there.identity }] : []
  })
}

/** What PostgreSQL makes of an index that is there: https://www.postgresql.org/docs/18/sql-altertable.html */
function canPromote(constraint: ObjectOf<'constraint'>, { objects }: Catalog): boolean {
  const { type, deferrable, temporal, inherited, of } = constraint
  if (type !== 'unique' || deferrable || temporal || inherited) return false
  const table = objects.find(({ identity, kind }) => kind === 'table' && identity === of)
  return table?.kind === 'table' && table.partitionBy === undefined
}

/** By all but its name, and the constraint that it is of. */
function isSameIndex(one: CatalogObject, other: CatalogObject): boolean {
  const [a, b] = [one, other].map((index) => ({ ...index, identity: '', constraint: '' }))
  return isDeepStrictEqual(a, b)
}

/** The objects that a promotion takes and makes, as `objectKey` has them. */
export function keysOfPromotion({ index, constraint }: Promotion): string[] {
  const [schema = ''] = splitIdentity(index)
  const made = toIdentity(schema, lastName(constraint))
  return [`index ${index}`, `index ${made}`, `constraint ${constraint}`]
}

/** A missing table counts with all of its parts. */
function countObjects(differences: readonly Difference[]): number {
  return differences.reduce(
    (sum, { parts }) => sum + 1 + Object.values(parts).reduce((a, b) => a + b, 0),
    0,
  )
}
