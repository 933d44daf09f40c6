import type { AdoptionPlan, Inspection } from './adoption-plan.ts'
import type { RunResult } from '../run/request.ts'
import { loadVerified, openProject } from '../project/open.ts'
import type pg from 'pg'
import { fingerprint } from '../catalog/index.ts'
import type { AdoptionRecord } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { type Project } from '../project/project.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { sqlState, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { appendEntry, writerOf } from '../journal/journal.ts'
import { recover } from '../run/recover.ts'
import { run } from '../run/run.ts'
import type { Session } from '../session/session.ts'
import { withSessions } from '../session/sessions.ts'
import { readState } from '../journal/state.ts'
import { hasBaseline, recordBaseline, recordOf, refuseDifference } from './baseline.ts'
import { printDecision, type Decisions } from './decisions.ts'
import { ADOPTION } from './facts.ts'
import { inspect } from './inspect.ts'
import type { Yardstick } from './yardstick.ts'
import { readKnowledge } from './knowledge.ts'
import { isUnderWay, refuseUnknownDecisions, refuseUnlessReady } from './readiness.ts'
import type { Reconciliation } from './reconcile.ts'

export interface AdoptionRequest {
  readonly decisions: Decisions
  /** A reviewed file that brings an unknown shape to a known one. */
  readonly reconciliation?: Reconciliation | undefined
}

export interface AdoptionResult {
  /** What the database was. */
  readonly shape: string
  readonly recorded: readonly string[]
  /** Fingerprints of its catalog. */
  readonly before: string
  readonly after: string
  readonly run: RunResult
}

/**
 * Looks at a database, and says what it is and what its adoption would do. Takes no lock, writes nothing.
 * Throws DECISION_UNKNOWN, CHOICE_UNKNOWN, RECONCILIATION_STALE, SESSION_LOST.
 */
export async function planAdoption(
  project: Project,
  connection: DatabaseTarget,
  request: AdoptionRequest,
): Promise<Inspection> {
  return withYardstick(project, request, (yardstick) =>
    withConnection(connection, async (client) => {
      const inspection = await inspectUnlocked(client, yardstick)
      refuseUnknownDecisions(inspection, request.decisions)
      return inspection
    }),
  )
}

/** Undefined column, table or object; an internal one: what the catalog had a moment ago has gone since. */
const GONE = new Set(['42703', '42P01', '42704', 'XX000'])

/** Without the lock somebody else, another adoption too, may change what is being looked at: then it is looked at anew. */
async function inspectUnlocked(client: pg.Client, yardstick: Yardstick): Promise<Inspection> {
  for (let looks = 1; ; looks += 1) {
    try {
      return await inspect(client, yardstick)
    } catch (error) {
      if (looks === 5 || !GONE.has(sqlState(error) ?? '')) throw error
    }
  }
}

/**
 * Adopts a database: brings it to a state of ours and records that, runs the migrations that are pending, seeds, and
 * compares the outcome with the schema that a new database would have. Killed at any moment, the same call goes on.
 *
 * `plan` is what was agreed to: where the schema has changed since, nothing is done.
 * Throws SHAPE_UNKNOWN, REVISION_UNCLEAR, DRIFTED_SINCE, DECISIONS_MISSING, ADOPTION_MOVED, ADOPTION_DIFFERS,
 * ADOPTION_DECIDED, and what `run` throws.
 */
export async function adopt(
  project: Project,
  connection: DatabaseTarget,
  request: AdoptionRequest,
  plan: Pick<AdoptionPlan, 'fingerprint'>,
): Promise<AdoptionResult> {
  return withYardstick(project, request, async (yardstick) => {
    const { record, recorded } = await withSessions(connection, (session) =>
      begin(session, connection, yardstick, plan.fingerprint),
    )
    const result = await run(project, connection, {
      direction: 'up',
      target: 'head',
      seed: 'if-changed',
      adopting: true,
    })
    const after = await withSessions(connection, (session) =>
      conclude(session, connection, yardstick, record),
    )
    return { shape: record.knownSchema, recorded, before: record.fingerprint, after, run: result }
  })
}

async function withYardstick<T>(
  project: Project,
  { decisions, reconciliation }: AdoptionRequest,
  work: (yardstick: Yardstick) => Promise<T>,
): Promise<T> {
  const locked = await openProject(project)
  const knowledge = await readKnowledge(project, locked)
  const loaded = await loadVerified(project, locked)
  try {
    return await work({ knowledge, locked, loaded, decisions, reconciliation })
  } finally {
    await loaded.close()
  }
}

/** Under the lock: looks again, records what was decided, and does what has to be done before the pending migrations. */
async function begin(
  session: Session,
  connection: DatabaseTarget,
  yardstick: Yardstick,
  agreed: string,
): Promise<{ record: AdoptionRecord; recorded: readonly string[] }> {
  const { client } = session
  const { ledger } = yardstick.locked.manifest
  let state = await readState(client, ledger)
  if (state.adopting && hasBaseline(state) && isUnderWay(state)) {
    refuseOtherDecisions(state.adopting, yardstick.decisions, [])
    return { record: state.adopting, recorded: [] }
  }
  const inspection = await inspect(client, yardstick)
  const { plan } = inspection
  const earlier = plan.resumes ? state.adopting : undefined
  // Another run has adopted it while this one waited for the lock.
  if (plan.isDone) return { record: recordOf(inspection, yardstick), recorded: [] }
  if (earlier) refuseOtherDecisions(earlier, yardstick.decisions, plan.problems)
  else if (plan.fingerprint !== agreed) throw failure('ADOPTION_MOVED')
  refuseUnlessReady(inspection)
  if (earlier && plan.isOurs && plan.statements.length === 0)
    return { record: earlier, recorded: [] }
  ;({ state } = await ensureBookkeeping(client, connection.actor, ledger, state))
  const actor = writerOf(connection.actor, state)
  const context = { ...connection, session, actor, ledgerTable: state.ledgerTable }
  await recover(state, context)
  const record = goOn(earlier, recordOf(inspection, yardstick))
  await appendEntry(client, actor, { event: 'adopting', facts: record })
  await recordBaseline(inspection, yardstick, context)
  return { record, recorded: plan.recorded }
}

/** What has been found and decided over all runs of an adoption. */
function goOn(earlier: AdoptionRecord | undefined, now: AdoptionRecord): AdoptionRecord {
  if (!earlier) return now
  return {
    ...now,
    ...earlier,
    decisions: { ...earlier.decisions, ...now.decisions },
    counts: { ...earlier.counts, ...now.counts },
  }
}

/** What was decided about problems that are none any more has been carried out. */
function refuseOtherDecisions(
  { decisions }: AdoptionRecord,
  given: Decisions,
  problems: AdoptionPlan['problems'],
): void {
  for (const [problem, choices] of given) {
    if (problems.some(({ name }) => name === problem)) continue
    const was = decisions[problem]
    const is = printDecision(choices)
    if (was !== undefined && was !== is) throw failure('ADOPTION_DECIDED', { problem, was, is })
  }
}

/** At head: nothing may differ but what was recorded as not known. Then the evidence is complete. */
async function conclude(
  session: Session,
  connection: DatabaseTarget,
  { knowledge, locked }: Yardstick,
  record: AdoptionRecord,
): Promise<string> {
  const { client } = session
  const { ledger } = locked.manifest
  const catalog = await readApplicationCatalog(client, ledger)
  const after =
    'The adoption is not finished. Mend the difference, then run the same command again.'
  refuseDifference(catalog, knowledge.head, record.unmanaged, 'the schema at head', after)
  const print = fingerprint(catalog)
  const state = await readState(client, ledger)
  // A session that was lost behind this left it there.
  if (!state.adopting) return print
  await appendEntry(client, writerOf(connection.actor, state), {
    event: 'adopted',
    migration: ADOPTION,
    direction: 'up',
    final: true,
    fingerprint: print,
    facts: { ...record, before: record.fingerprint, after: print },
  })
  return print
}
