import type pg from 'pg'
import { fingerprint } from '../catalog/index.ts'
import type { AdoptionRecord } from '../database-state.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { failure } from '../errors/index.ts'
import { readState } from '../journal/state.ts'
import { partsChain } from '../project/chain-of.ts'
import { loadVerified, openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { recover } from '../run/recover.ts'
import type { RunResult } from '../run/request.ts'
import { sqlState, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { appendEntry, toWriter } from '../journal/journal.ts'
import { run } from '../run/index.ts'
import type { Session } from '../session/session.ts'
import { withSessions } from '../session/sessions.ts'
import {
  ADOPTION,
  hasMigrationStarted,
  refuseUnknownDecisions,
  refuseUnlessReady,
  type AdoptionContext,
  type AdoptionPlan,
  type Inspection,
} from './adoption-plan.ts'
import { adoptionRecord, hasBaseline, recordBaseline, refuseDifference } from './baseline.ts'
import { printDecision, readDecisions, type Decisions } from './decisions.ts'
import { inspect } from './inspect.ts'
import { readKnownSchemas } from './known-schemas.ts'
import type { Reconciliation } from './reconciliation.ts'

/** What was decided about an adoption. */
export interface AdoptionRequest {
  readonly decisions: Decisions
  /** A reviewed file that brings an unknown schema to a known one. */
  readonly reconciliation?: Reconciliation | undefined
}

/** What an adoption did. */
export interface AdoptionResult {
  /** Name of the schema that the database had. */
  readonly knownSchema: string
  readonly recorded: readonly string[]
  /** Fingerprints of its catalog. */
  readonly before: string
  readonly after: string
  readonly run: RunResult
}

/**
 * Inspects a database and plans its adoption. Takes no lock and writes nothing.
 * Throws DECISION_UNKNOWN, CHOICE_UNKNOWN, RECONCILIATION_STALE, ADOPTION_UNTRUSTED, SESSION_LOST.
 * @example
 * const { plan } = await planAdoption(project, target, { decisions: parseDecisions([]) })
 * console.log(plan.recorded, plan.pending)
 */
export async function planAdoption(
  project: Project,
  database: DatabaseTarget,
  request: AdoptionRequest,
): Promise<Inspection> {
  return withContext(project, request, (context) =>
    withConnection(database, async (client) => {
      const inspection = await inspectWithoutLock(client, context)
      refuseUnknownDecisions(inspection, request.decisions)
      return inspection
    }),
  )
}

/** SQLSTATEs of an object that has been dropped since the catalog was read: undefined column, table, object; internal. */
const OBJECT_DROPPED = new Set(['42703', '42P01', '42704', 'XX000'])

/** Without the lock another session may change the schema during the inspection: then the inspection is repeated. */
async function inspectWithoutLock(
  client: pg.Client,
  context: AdoptionContext,
): Promise<Inspection> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inspect(client, context)
    } catch (error) {
      if (attempt === 5 || !OBJECT_DROPPED.has(sqlState(error) ?? '')) throw error
    }
  }
}

/**
 * Adopts a database: brings it to the schema after a migration and records that, runs the pending migrations, seeds,
 * and compares the result with the schema of a new database. After a kill at any moment the same call continues.
 *
 * `plan` is the one that was agreed to: if the schema has changed since, nothing is done.
 * Throws SCHEMA_UNKNOWN, REVISION_UNCLEAR, DRIFTED_SINCE, DECISIONS_MISSING, ADOPTION_MOVED, ADOPTION_DIFFERS,
 * ADOPTION_DECIDED, ADOPTION_UNTRUSTED, PATH_UNTRUSTED, and what `run` throws.
 * @example
 * const request = { decisions: parseDecisions(['*:null=default']) }
 * const { plan } = await planAdoption(project, target, request)
 * await adopt(project, target, request, plan)
 */
export async function adopt(
  project: Project,
  database: DatabaseTarget,
  request: AdoptionRequest,
  plan: Pick<AdoptionPlan, 'fingerprint'>,
): Promise<AdoptionResult> {
  return withContext(project, request, async (context) => {
    const { record, recorded } = await withSessions(database, (session) =>
      begin(session, database, context, plan.fingerprint),
    )
    const result = await run(project, database, {
      direction: 'up',
      target: 'head',
      seed: 'if-changed',
      adopting: true,
      // An adoption that has begun has to come to its end: what lint refuses is reported, and stops nothing.
      yes: true,
    })
    const after = await withSessions(database, (session) =>
      finish(session, database, context, record),
    )
    return {
      knownSchema: record.knownSchema,
      recorded,
      before: record.fingerprint,
      after,
      run: result,
    }
  })
}

async function withContext<T>(
  project: Project,
  { decisions, reconciliation }: AdoptionRequest,
  work: (context: AdoptionContext) => Promise<T>,
): Promise<T> {
  // A database that something else has made may be anywhere between the parts of a squash.
  const opened = partsChain(await openProject(project))
  const knownSchemas = await readKnownSchemas(project, opened)
  const loaded = await loadVerified(project, opened)
  try {
    return await work({ knownSchemas, opened, loaded, decisions, reconciliation })
  } finally {
    await loaded.close()
  }
}

interface Begun {
  readonly record: AdoptionRecord
  readonly recorded: readonly string[]
}

/** Under the lock: inspects again, records the decisions, and commits the first transaction of the adoption. */
async function begin(
  session: Session,
  database: DatabaseTarget,
  context: AdoptionContext,
  agreedTo: string,
): Promise<Begun> {
  const { client } = session
  const { ledger } = context.opened.manifest
  let state = await readState(client, ledger)
  if (state.adopting && hasBaseline(state) && hasMigrationStarted(state)) {
    refuseOtherDecisions(state.adopting, context.decisions, [])
    return { record: state.adopting, recorded: [] }
  }
  const inspection = await inspect(client, context)
  const { plan } = inspection
  const earlier = plan.resumes ? state.adopting : undefined
  // Another run has adopted the database while this one waited for the lock.
  if (plan.isDone) return { record: adoptionRecord(inspection, context), recorded: [] }
  if (earlier) refuseOtherDecisions(earlier, context.decisions, plan.problems)
  else if (plan.fingerprint !== agreedTo) throw failure('ADOPTION_MOVED')
  refuseUnlessReady(inspection)
  if (earlier && plan.isRecorded && plan.statements.length === 0)
    return { record: earlier, recorded: [] }
  ;({ state } = await ensureBookkeeping(client, database.actor, ledger, state))
  const actor = toWriter(database.actor, state)
  const segmentContext = { ...database, session, actor, ledgerTable: state.ledgerTable }
  await recover(state, segmentContext)
  const record = mergeRecords(earlier, adoptionRecord(inspection, context))
  await appendEntry(client, actor, { event: 'adopting', facts: record })
  await recordBaseline(inspection, context, segmentContext)
  return { record, recorded: plan.recorded }
}

/** Adds what this run found and decided to what earlier runs of the same adoption have. */
function mergeRecords(earlier: AdoptionRecord | undefined, now: AdoptionRecord): AdoptionRecord {
  if (!earlier) return now
  return {
    ...now,
    ...earlier,
    decisions: { ...earlier.decisions, ...now.decisions },
    counts: { ...earlier.counts, ...now.counts },
  }
}

/** Decisions whose problems are gone have been carried out: they cannot change any more. Throws ADOPTION_DECIDED. */
function refuseOtherDecisions(
  { decisions }: AdoptionRecord,
  given: Decisions,
  problems: AdoptionPlan['problems'],
): void {
  const carriedOut = readDecisions(decisions)
  for (const [problem, choices] of given) {
    if (problems.some(({ name }) => name === problem)) continue
    const earlier = carriedOut.get(problem)
    if (!earlier) continue
    const [was, is] = [printDecision(earlier), printDecision(choices)]
    if (was !== is) throw failure('ADOPTION_DECIDED', { problem, was, is })
  }
}

/** At head, compares the schema with the expected one beside unmanaged objects, and records that the adoption is done. */
async function finish(
  session: Session,
  database: DatabaseTarget,
  { knownSchemas, opened }: AdoptionContext,
  record: AdoptionRecord,
): Promise<string> {
  const { client } = session
  const { ledger } = opened.manifest
  const catalog = await readApplicationCatalog(client, ledger)
  const after =
    'The adoption is not finished. Correct the difference, then run the same command again.'
  refuseDifference(catalog, knownSchemas.head, record.unmanaged, 'the schema at head', after)
  const print = fingerprint(catalog)
  const state = await readState(client, ledger)
  // A session that was lost after its commit has recorded it already.
  if (!state.adopting) return print
  await appendEntry(client, toWriter(database.actor, state), {
    event: 'adopted',
    migration: ADOPTION,
    direction: 'up',
    final: true,
    fingerprint: print,
    facts: { ...record, before: record.fingerprint, after: print },
  })
  return print
}
