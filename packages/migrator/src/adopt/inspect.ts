import type pg from 'pg'
import {
  fingerprint,
  fingerprintObject,
  type Catalog,
  type CatalogObject,
} from '../catalog/index.ts'
import { failure } from '../errors.ts'
import type { DatabaseState } from '../database-state.ts'
import type { LoadedProject, LockedProject } from '../project/project.ts'
import { readApplicationCatalog } from '../run/application-catalog.ts'
import { readState } from '../run/state.ts'
import { bridgeStatements, renameStatements } from './bridge.ts'
import { classify, compare, keyOf, without, type Classification } from './classify.ts'
import { hasBaseline } from './baseline.ts'
import { parseDecisions, type Decisions } from './decisions.ts'
import { demandsBetween, partName, type TableDemands } from './demands.ts'
import { readForeignLedgers, withoutForeignLedgers, type ForeignLedger } from './foreign-ledgers.ts'
import type { Knowledge, KnownShape } from './knowledge.ts'
import type { LayerContext } from './layers.ts'
import { readProblems, type Problem } from './problems.ts'
import type { Reconciliation } from './reconcile.ts'
import { stages } from './stages.ts'
import { readRefusals } from './refusals.ts'
import { repairStatements } from './statements.ts'

type Known = Extract<Classification, { kind: 'known' }>

/** What a database is found to be, and what its adoption would do: data, and nothing done yet. */
export interface AdoptionPlan {
  readonly classification: Classification
  /** Of everything that the migrations may see. */
  readonly fingerprint: string
  readonly ledgers: readonly ForeignLedger[]
  /** Objects that are kept and not known, as `kind identity`. */
  readonly extras: readonly string[]
  /** Migrations whose effect is there, and which will be recorded. */
  readonly recorded: readonly string[]
  /** Migrations that will be run. */
  readonly pending: readonly string[]
  /** Rows of MikroORM's ledger that the catalog gives the lie. */
  readonly unbelieved: readonly string[]
  /** What is done in one transaction with the recording, in order. */
  readonly statements: readonly string[]
  readonly problems: readonly Problem[]
  /** True where the ledger, the journal and the catalog agree already. */
  readonly isOurs: boolean
  /** True where an adoption was interrupted behind its first transaction. */
  readonly resumes: boolean
  /** True where nothing is left to be adopted: it is ours, and nothing stands in the way of what is pending. */
  readonly isDone: boolean
}

/** What an inspection leaves for the steps after it. */
export interface Inspection {
  readonly plan: AdoptionPlan
  readonly state: DatabaseState
  readonly live: Catalog
  readonly demands: readonly TableDemands[]
  readonly knowledge: Knowledge
}

/** What is held against a database. */
export interface Yardstick {
  readonly knowledge: Knowledge
  readonly locked: LockedProject
  readonly loaded: LoadedProject
  readonly decisions: Decisions
  readonly reconciliation?: Reconciliation | undefined
}

/** Looks at a database in one read-only transaction: what it is, and what stands in the way. Writes nothing. */
export async function inspect(client: pg.ClientBase, yardstick: Yardstick): Promise<Inspection> {
  await client.query('begin isolation level repeatable read read only')
  try {
    return await inspectNow(client, yardstick)
  } finally {
    await client.query('rollback').catch(() => {})
  }
}

async function inspectNow(client: pg.ClientBase, yardstick: Yardstick): Promise<Inspection> {
  const { locked } = yardstick
  const state = await readState(client, locked.lock.ledger)
  const resumes = hasBaseline(state)
  const read = await readApplicationCatalog(client, locked.lock.ledger)
  const { catalog: live, ledgers } = withoutForeignLedgers(read)
  const reconciliation = resumes ? undefined : yardstick.reconciliation
  const extras = (resumes ? state.adopting?.extras : reconciliation?.keeps) ?? []
  const print = fingerprint(read)
  const classification = reconciliation
    ? reconciled(live, print, reconciliation, yardstick.knowledge)
    : classify(without(live, new Set(extras)), yardstick.knowledge.shapes)
  const names = locked.lock.migrations.map(({ name }) => name)
  const found = {
    classification,
    fingerprint: print,
    ledgers: await readForeignLedgers(client, ledgers),
    extras,
    resumes,
    ...split(names, classification, state),
  }
  const seen = { state, live, knowledge: yardstick.knowledge }
  if (classification.kind !== 'known') {
    return { plan: { ...found, statements: [], problems: [], isDone: false }, demands: [], ...seen }
  }
  const statements = reconciliation?.statements ?? []
  const work = await workOn(
    client,
    classification,
    live,
    { ...yardstick, decisions: decisionsOf(state, yardstick.decisions) },
    statements,
  )
  const isDone = found.isOurs && !state.adopting && work.plan.problems.length === 0
  return { plan: { ...found, ...work.plan, isDone }, demands: work.demands, ...seen }
}

/** What stands in the way of a known shape, and what is to be done before its migrations. */
async function workOn(
  client: pg.ClientBase,
  classification: Known,
  live: Catalog,
  yardstick: Yardstick,
  reconciling: readonly string[],
) {
  const { shape, renames } = classification
  const { migrations } = yardstick.loaded
  const demands = await demandsOf(classification, live, yardstick.knowledge)
  const context = contextOf(demands, yardstick)
  const pending = migrations.map(({ migration }) => migration).slice(shape.revision)
  const problems = await readProblems(client, { ...context, before: beforeBridge(shape, live) })
  problems.push(...(await readRefusals(client, pending, problems)))
  const joined = migrations[shape.revision - 1]?.migration.up
  const reviewed = await stages(reconciling)
  const bridge = await stages(joined ? await bridgeStatements(shape, joined) : [])
  const statements = [
    ...reviewed.early,
    ...renameStatements(renames),
    ...bridge.early,
    ...repairStatements(onlyNeeded(context, problems)),
    ...bridge.late,
    ...reviewed.late,
  ]
  return { plan: { statements, problems }, demands }
}

/** What a database counts as that a reviewed file brings to a known shape. Throws RECONCILIATION_STALE. */
function reconciled(
  live: Catalog,
  print: string,
  { path, shape: name, fingerprint: written, keeps }: Reconciliation,
  { shapes }: Knowledge,
): Classification {
  const shape = shapes.find((one) => one.name === name)
  if (!shape || written !== print) throw failure('RECONCILIATION_STALE', { path })
  const { renames, notes } = compare(without(live, new Set(keeps)), shape.catalog)
  return { kind: 'known', shape, alike: [], renames, notes }
}

/** What was decided when it began, where nothing else is said: until the first transaction all may be decided anew. */
function decisionsOf({ adopting }: DatabaseState, given: Decisions): Decisions {
  if (!adopting || given.size > 0) return given
  return parseDecisions(
    Object.entries(adopting.decisions).map(([problem, choices]) => `${problem}=${choices}`),
  )
}

/** What is there, what is to come, and what the ledger claims without its being there. */
function split(names: readonly string[], classification: Classification, state: DatabaseState) {
  const revision = classification.kind === 'known' ? classification.shape.revision : 0
  const recorded = names.slice(0, revision)
  const ledger = state.ledger.map(({ name }) => name)
  return {
    recorded,
    pending: names.slice(revision),
    unbelieved: ledger.filter((name) => !recorded.includes(name)),
    isOurs:
      revision > 0 &&
      ledger.length === revision &&
      recorded.every((name) => ledger.includes(name) && isCompleted(name, state)),
  }
}

function isCompleted(name: string, { completed }: DatabaseState): boolean {
  return completed.get(name)?.direction === 'up'
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
  return {
    tables: new Map(demands.map((one) => [one.table, one])),
    foster: yardstick.knowledge.foster,
    decisions: yardstick.decisions,
  }
}

function beforeBridge(shape: KnownShape, live: Catalog): NonNullable<LayerContext['before']> {
  const columns = new Map<string, Set<string>>()
  for (const object of live.objects) {
    if (object.kind === 'table') columns.set(object.identity, new Set())
    if (object.kind !== 'column') continue
    columns.get(object.of)?.add(partName(object))
  }
  return { columns, reads: shape.reads }
}

/** A decision about what is no problem makes no statement. */
function onlyNeeded(context: LayerContext, problems: readonly Problem[]): LayerContext {
  const names = new Set(problems.map(({ name }) => name))
  const decisions = new Map([...context.decisions].filter(([name]) => names.has(name)))
  return { ...context, decisions }
}
