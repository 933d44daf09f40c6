import {
  withoutLastName,
  lastName,
  type Catalog,
  type CatalogObject,
  type Difference,
} from '../catalog/index.ts'
import type { DataLoss } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'

/** Grants, storage and comments: no migration depends on them. */
const HARMLESS: ReadonlySet<Difference['severity']> = new Set(['access', 'storage', 'cosmetic'])

/** What differs from the schema that the last run left, sorted by whose affair it is. */
export interface JudgedDrift {
  readonly differences: readonly Difference[]
  /** Those that are to be decided before anything is applied on top. */
  readonly grave: readonly Difference[]
  /** Identities of what others have added next to what is ours: it may come, change and go. */
  readonly unmanaged: readonly string[]
}

/**
 * Ours is what the last run left, but for what it has found there as `unmanaged`, and every part
 * of it, also one that was added since. A difference there is to be decided before a plan is run, and so is
 * one in what the plan names; unless it is harmless.
 */
export function judgeDrift(
  differences: readonly Difference[],
  left: Catalog,
  unmanaged: readonly string[],
  plan: Plan,
): JudgedDrift {
  const others = new Set(unmanaged)
  const ours = new Set(
    left.objects.map(({ identity }) => identity).filter((one) => !others.has(one)),
  )
  const isOurs = (object: CatalogObject) => {
    const whole = findWhole(object)
    return whole === undefined ? ours.has(object.identity) : ours.has(whole)
  }
  const named = namesIn(plan)
  const isGrave = (object: CatalogObject) =>
    listNames(object).some((name) => named.has(name)) || isOurs(object)
  const isUnmanaged = ({ what, here }: Difference) =>
    what === 'extra' && here !== undefined && !isOurs(here) && !isGrave(here)
  return {
    differences,
    grave: differences.filter((difference) => {
      const object = difference.here ?? difference.there
      return object !== undefined && !isHarmless(difference) && isGrave(object)
    }),
    unmanaged: differences.filter(isUnmanaged).map(({ identity }) => identity),
  }
}

/** True where no migration depends on it. A materialized view is populated by REFRESH: it is what it was, and now has rows. */
export function isHarmless({ severity, what, changes }: Difference): boolean {
  const isRefresh = changes.every(({ property }) => property === 'unpopulated')
  return HARMLESS.has(severity) || (what === 'changed' && isRefresh)
}

/** The object that this one comes and goes with. */
function findWhole(object: CatalogObject): string | undefined {
  if ('of' in object) return object.of
  return object.kind === 'sequence' && object.ownedBy !== undefined
    ? withoutLastName(object.ownedBy)
    : undefined
}

/** Without schemas: a text may leave them out. */
function listNames(object: CatalogObject): string[] {
  return [object.identity, findWhole(object)].flatMap((identity) =>
    identity === undefined ? [] : [lastName(identity)],
  )
}

/** Every table that a statement of the plan locks, makes or drops, and everything else that it makes or removes. */
function namesIn(plan: Plan): ReadonlySet<string> {
  const statements = plan.migrations.flatMap(({ segments }) =>
    segments.flatMap((s) => s.statements),
  )
  return new Set(
    statements.flatMap(({ locks, dataLosses, effects }) => [
      ...locks.map(({ table }) => table),
      ...dataLosses.flatMap(namesOfDrop),
      ...effects.map(({ key }) => key.slice(key.indexOf(' ') + 1)),
    ]),
  )
}

function namesOfDrop(drop: DataLoss): string[] {
  if ('table' in drop) return [drop.table.name]
  if ('tables' in drop) return drop.tables.map(({ name }) => name)
  return 'names' in drop ? drop.names.map(({ name }) => name) : []
}
