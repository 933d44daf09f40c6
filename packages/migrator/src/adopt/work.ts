import type pg from 'pg'
import { fingerprintObject, lastName, type Catalog, type CatalogObject } from '../catalog/index.ts'
import { bridgeStatements, renameStatements } from './bridge.ts'
import { keyOf, without, type Classification } from './classify.ts'
import { demandsBetween, type TableDemands } from './demands.ts'
import type { Knowledge, KnownShape } from './knowledge.ts'
import type { LayerContext } from './layers.ts'
import { resolveDecisions } from './offers.ts'
import { readProblems, type Problem } from './problems.ts'
import { readRefusals } from './refusals.ts'
import { stages } from './stages.ts'
import { repairStatements } from './statements.ts'
import { asAuthor } from '../session/author.ts'
import type { Yardstick } from './yardstick.ts'

type Known = Extract<Classification, { kind: 'known' }>

/** What has to be done in a database before its pending migrations, and for whom there has to be a decision. */
export interface Work {
  /** For one transaction, in order. */
  readonly statements: readonly string[]
  /** Those of them that carry out the decisions. */
  readonly repairs: readonly string[]
  readonly problems: readonly Problem[]
  /** How the problems were read. */
  readonly context: LayerContext
}

/** Where nothing is known of a database, or nothing is in it. */
export const NO_WORK: Work = {
  statements: [],
  repairs: [],
  problems: [],
  context: { tables: new Map(), foster: {}, decisions: new Map() },
}

/** What stands in the way of a known shape, and what is to be done before its migrations. */
export async function prepareWork(
  client: pg.ClientBase,
  classification: Known,
  live: Catalog,
  yardstick: Yardstick,
): Promise<Work> {
  const { shape, renames } = classification
  const { migrations } = yardstick.loaded
  const demands = await demandsOf(classification, live, yardstick.knowledge)
  const context = contextOf(demands, yardstick)
  const pending = migrations.map(({ migration }) => migration).slice(shape.revision)
  const before = { ...context, before: beforeBridge(shape, live) }
  // What the legacy shape and the decisions say is the author's.
  const problems = await asAuthor(client, () => readProblems(client, before))
  problems.push(...(await readRefusals(client, pending, problems)))
  const joined = migrations[shape.revision - 1]?.migration.up
  const reviewed = await stages(yardstick.reconciliation?.statements ?? [])
  const bridge = await stages(joined ? await bridgeStatements(shape, joined) : [])
  const repairs = repairStatements(onlyNeeded(context, problems))
  const statements = [
    ...reviewed.early,
    ...renameStatements(renames),
    ...bridge.early,
    ...repairs,
    ...bridge.late,
    ...reviewed.late,
  ]
  return { repairs, statements, problems, context: before }
}

/** In terms of the state that the shape is brought to, with what is not known beside it. */
async function demandsOf(
  { shape, renames }: Known,
  live: Catalog,
  { shapes, head }: Knowledge,
): Promise<TableDemands[]> {
  const joined = shapes.find((one) => !one.isLegacy && one.revision === shape.revision) ?? shape
  const now = new Map(live.objects.map((one) => [keyOf(one), one]))
  const then = new Map(shape.catalog.objects.map((one) => [keyOf(one), one]))
  const renamed = new Set(
    renames.flatMap(({ kind, from, to }) => [`${kind} ${from}`, `${kind} ${to}`]),
  )
  // What a reviewed file or the bridge has yet to make, or to change, binds no row now.
  const binding = joined.catalog.objects.flatMap((one) => {
    const expected = then.get(keyOf(one))
    const found = now.get(keyOf(one))
    if (renamed.has(keyOf(one))) return [one]
    if (!expected) return bindsRows(one) ? [] : [one]
    if (!found) return []
    return fingerprintObject(found) === fingerprintObject(expected) ? [one] : [found]
  })
  const known = new Set([...joined.catalog.objects.map(keyOf), ...then.keys(), ...renamed])
  const beside = without(live, known).objects
  return demandsBetween(
    { objects: [...binding, ...beside] },
    { objects: [...joined.catalog.objects, ...beside] },
    head,
  )
}

function bindsRows(object: CatalogObject): boolean {
  return object.kind === 'constraint' || (object.kind === 'index' && object.unique === true)
}

function contextOf(demands: readonly TableDemands[], yardstick: Yardstick): LayerContext {
  const tables = new Map(demands.map((one) => [one.table, one]))
  const { foster } = yardstick.knowledge
  return { tables, foster, decisions: resolveDecisions(yardstick.decisions, { tables, foster }) }
}

function beforeBridge(shape: KnownShape, live: Catalog): NonNullable<LayerContext['before']> {
  const columns = new Map<string, Set<string>>()
  for (const object of live.objects) {
    if (object.kind === 'table') columns.set(object.identity, new Set())
    if (object.kind !== 'column') continue
    columns.get(object.of)?.add(lastName(object.identity))
  }
  return { columns, reads: shape.reads }
}

/** A decision about what is no problem makes no statement. */
function onlyNeeded(context: LayerContext, problems: readonly Problem[]): LayerContext {
  const names = new Set(problems.map(({ name }) => name))
  const decisions = new Map([...context.decisions].filter(([name]) => names.has(name)))
  return { ...context, decisions }
}
