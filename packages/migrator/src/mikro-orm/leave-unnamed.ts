import { leaveHandMade, type Constrained } from './made-by-hand.ts'
import { findMade } from './made-table.ts'

interface Named {
  readonly name: string
}

/** A table with what may be made for it by hand. */
export interface Ruled extends Constrained {
  getShortestName(): string
  getTriggers(): readonly Named[]
  setTriggers(triggers: readonly Named[]): void
  getPolicies(): readonly Named[]
  setPolicies(policies: readonly Named[]): void
  rlsEnabled: boolean
  rlsForced: boolean
}

/** A schema with what may be made in it by hand. */
export interface Listed {
  getTables(): readonly Ruled[]
  setTables(tables: readonly Ruled[]): void
  getNamespaces(): readonly string[]
  setNamespaces(names: ReadonlySet<string>): void
  getViews(): readonly (Named & { readonly schema?: string })[]
  setViews(views: readonly Named[]): void
  getRoutines(): (Named & { readonly schema?: string })[]
  getNativeEnums(): Readonly<Record<string, unknown>>
  setNativeEnums(enums: Readonly<Record<string, unknown>>): void
}

/**
 * Takes out of the schema of a database what no entity names: functions, views, types, triggers, policies, indexes and
 * constraints that are made by hand, row security, tables that no migration has made, and their schemas. MikroORM would drop
 * them, with all that stands on them. A primary key keeps its name.
 */
export function leaveUnnamed(
  database: Listed,
  entities: Listed,
  makers: Parameters<typeof leaveHandMade>[2],
): void {
  const views = new Set(entities.getViews().map(idOf))
  database.setViews(database.getViews().filter((one) => views.has(idOf(one))))
  const routines = new Set(entities.getRoutines().map(idOf))
  const kept = database.getRoutines().filter((one) => routines.has(idOf(one)))
  database.getRoutines().splice(0, Infinity, ...kept)
  const enums = entities.getNativeEnums()
  const named = Object.entries(database.getNativeEnums()).filter(([key]) => key in enums)
  database.setNativeEnums(Object.fromEntries(named))
  const tables = new Map(entities.getTables().map((one) => [one.getShortestName(), one]))
  leaveTables(
    database,
    entities,
    (table) => tables.has(table.getShortestName()) || findMade(makers.known, table) !== undefined,
  )
  for (const table of database.getTables()) {
    const wanted = tables.get(table.getShortestName())
    if (!wanted) continue
    leaveHandMade(table, wanted, makers)
    table.setTriggers(table.getTriggers().filter(isIn(wanted.getTriggers())))
    table.setPolicies(table.getPolicies().filter(isIn(wanted.getPolicies())))
    // Nothing tells who has made it, and without it everybody reads all rows.
    if (!wanted.rlsEnabled) table.rlsEnabled = false
    if (!wanted.rlsForced) table.rlsForced = false
  }
}

/** A schema with tables of others is not one that went. */
function leaveTables(database: Listed, entities: Listed, isOurs: (table: Ruled) => boolean): void {
  const all = database.getTables()
  const ours = all.filter(isOurs)
  const [own, others] = [schemasOf(ours), schemasOf(all.filter((one) => !isOurs(one)))]
  const named = new Set(entities.getNamespaces())
  const kept = database
    .getNamespaces()
    .filter((name) => named.has(name) || (own.has(name) && !others.has(name)))
  database.setTables(ours)
  database.setNamespaces(new Set(kept))
}

const schemasOf = (tables: readonly Ruled[]) => new Set(tables.map(({ schema }) => schema))

const idOf = ({ name, schema = 'public' }: Named & { readonly schema?: string }) =>
  `${schema}.${name}`.toLowerCase()

function isIn(wanted: readonly Named[]): (one: Named) => boolean {
  const names = new Set(wanted.map(({ name }) => name))
  return ({ name }) => names.has(name)
}
