import type { AdoptionPlan, Inspection } from './adoption-plan.ts'
import type pg from 'pg'
import { fingerprint, type Catalog } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { readState } from '../journal/state.ts'
import { hasBaseline } from './baseline.ts'
import { classify, compare, without, type Classification } from './classify.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { parseDecisions, type Decisions } from './decisions.ts'
import { readForeignLedgers, withoutForeignLedgers } from './foreign-ledgers.ts'
import type { Knowledge } from './knowledge.ts'
import type { Reconciliation } from './reconcile.ts'
import { NO_WORK, prepareWork } from './work.ts'
import type { Yardstick } from './yardstick.ts'

/** Looks at a database in one read-only transaction: what it is, and what stands in the way. Writes nothing. */
export async function inspect(client: pg.ClientBase, yardstick: Yardstick): Promise<Inspection> {
  const begin = 'begin isolation level repeatable read read only'
  return inRolledBackTransaction(client, () => inspectNow(client, yardstick), begin)
}

async function inspectNow(client: pg.ClientBase, yardstick: Yardstick): Promise<Inspection> {
  const { locked, knowledge } = yardstick
  const state = await readState(client, locked.manifest.ledger)
  const resumes = hasBaseline(state)
  const read = await readApplicationCatalog(client, locked.manifest.ledger)
  const { catalog: live, ledgers } = withoutForeignLedgers(read)
  const reconciliation = resumes ? undefined : yardstick.reconciliation
  const extras = (resumes ? state.adopting?.unmanaged : reconciliation?.keeps) ?? []
  const print = fingerprint(read)
  const classification = reconciliation
    ? reconciled(live, print, reconciliation, knowledge)
    : classify(without(live, new Set(extras)), knowledge.shapes)
  const decisions = decisionsOf(state, yardstick.decisions)
  const work =
    classification.kind === 'known'
      ? await prepareWork(client, classification, live, { ...yardstick, decisions, reconciliation })
      : NO_WORK
  const names = locked.manifest.migrations.map(({ name }) => name)
  const place = placeOf(names, classification, state)
  const plan: AdoptionPlan = {
    classification,
    fingerprint: print,
    ledgers: await readForeignLedgers(client, ledgers),
    extras,
    ...place,
    statements: work.statements,
    repairs: work.repairs,
    problems: work.problems,
    resumes,
    isDone: place.isOurs && !state.adopting && work.problems.length === 0,
  }
  return { plan, state, live, context: work.context, knowledge }
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
function placeOf(names: readonly string[], classification: Classification, state: DatabaseState) {
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
