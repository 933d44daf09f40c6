import {
  diffBesidesPartitions,
  type Catalog,
  type CatalogObject,
  type Difference,
} from '../catalog/index.ts'
import type { KnownShape } from './knowledge.ts'

/** What a database is, judged by its catalog alone. */
export type Classification =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'known'
      readonly shape: KnownShape
      /** Other shapes with the very same catalog: a migration that changes rows only leaves no trace. */
      readonly alike: readonly KnownShape[]
      readonly renames: readonly Rename[]
      /** What does not count: grants, owners, storage, comments. */
      readonly notes: readonly Difference[]
    }
  | {
      readonly kind: 'unknown'
      readonly nearest: KnownShape
      readonly renames: readonly Rename[]
      readonly differences: readonly Difference[]
      readonly notes: readonly Difference[]
    }

/** An index or a constraint that is what is expected but for its name. */
export interface Rename {
  readonly kind: 'index' | 'constraint'
  readonly of: string
  readonly from: string
  readonly to: string
}

/** Who may do what, how it lies on disk, what people read: different in every installation, and no part of a shape. */
const NO_PART_OF_A_SHAPE = new Set(['access', 'storage', 'cosmetic'])

/** Kinds that are there in a new database, or may be: they make none less empty. */
const OF_AN_EMPTY_DATABASE = new Set([
  'schema',
  'extension',
  'setting',
  'default-grants',
  'comment',
  'publication',
  'other',
])

/** Finds the shape that a catalog is; the nearest where it is none. Pure. */
export function classify(live: Catalog, shapes: readonly KnownShape[]): Classification {
  if (live.objects.every(({ kind }) => OF_AN_EMPTY_DATABASE.has(kind))) return { kind: 'empty' }
  const compared = shapes.map((shape) => ({ shape, ...compare(live, shape.catalog) }))
  const equal = compared.filter(({ differences }) => differences.length === 0)
  const [first] = equal
  if (first) {
    const { shape, renames, notes } = first
    const alike = shape.isLegacy ? [] : equal.slice(1).map(({ shape: other }) => other)
    return { kind: 'known', shape, alike, renames, notes }
  }
  const [nearest] = compared.toSorted((a, b) => weight(a.differences) - weight(b.differences))
  if (!nearest) return { kind: 'empty' }
  const { shape, differences, renames, notes } = nearest
  return { kind: 'unknown', nearest: shape, differences, renames, notes }
}

/** What differs in a way that counts, beside names of indexes and constraints, which do not. Pure. */
export function compare(
  live: Catalog,
  expected: Catalog,
): {
  readonly differences: readonly Difference[]
  readonly renames: readonly Rename[]
  readonly notes: readonly Difference[]
} {
  const all = diffBesidesPartitions(live, expected)
  const { renames, renamed } = findRenames(all)
  const rest = all.filter((difference) => !renamed.has(difference))
  return {
    differences: rest.filter(counts),
    renames,
    notes: rest.filter((difference) => !counts(difference)),
  }
}

function counts({ severity }: Difference): boolean {
  return !NO_PART_OF_A_SHAPE.has(severity)
}

/** The live catalog without what was recorded as somebody else's. */
export function without(catalog: Catalog, extras: ReadonlySet<string>): Catalog {
  return { objects: catalog.objects.filter((object) => !extras.has(keyOf(object))) }
}

/** `index public.idx_jobs_status`: what an extra is recorded as. */
export function keyOf({ kind, identity }: Pick<CatalogObject, 'kind' | 'identity'>): string {
  return `${kind} ${identity}`
}

function findRenames(differences: readonly Difference[]) {
  const renamed = new Set<Difference>()
  const renames = differences.flatMap((missing): Rename[] => {
    const { kind, what, there } = missing
    if (what !== 'missing' || (kind !== 'index' && kind !== 'constraint')) return []
    if (!there || !('of' in there)) return []
    const twin = differences.find(
      ({ what, here, identity }) =>
        what === 'extra' &&
        here !== undefined &&
        'of' in here &&
        here.of === there.of &&
        missing.twins.includes(identity),
    )
    if (!twin || renamed.has(twin)) return []
    renamed.add(twin).add(missing)
    return [{ kind, of: there.of, from: twin.identity, to: missing.identity }]
  })
  return { renames, renamed }
}

/** A missing table counts with all of its parts. */
function weight(differences: readonly Difference[]): number {
  return differences.reduce(
    (sum, { parts }) => sum + 1 + Object.values(parts).reduce((a, b) => a + b, 0),
    0,
  )
}
