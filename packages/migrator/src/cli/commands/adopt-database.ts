import { EXIT } from '../../errors/entry.ts'
import { failure, MigratorError } from '../../errors/index.ts'
import { adopt as adoptDatabase, planAdoption, type AdoptionRequest } from '../../adopt/adopt.ts'
import { refuseUnlessReady, type Inspection } from '../../adopt/adoption-plan.ts'
import { parseDecisions } from '../../adopt/decisions.ts'
import { readReconciliation, writeReconciliation } from '../../adopt/reconciliation.ts'
import { rehearse, type Rehearsal } from '../../adopt/rehearse.ts'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { askDecisions, canAsk, confirm } from '../ask.ts'
import { renderFailure, type WordStep } from '../../errors/next-step.ts'
import type { Call, Outcome } from '../command.ts'
import type { AdoptionPlanOutput, Output, ReconciliationOutput } from '../output.ts'
import {
  adoptionAsData,
  renderAdopted,
  renderAdoption,
  renderRehearsal,
} from '../render/adoption.ts'
import { lendScratch } from '../scratch-server.ts'

export interface AdoptFlags {
  readonly plan?: true
  readonly decide?: readonly string[]
  readonly yes?: true
  readonly scratchUrl?: string
  readonly writeReconcile?: true
  readonly reconcile?: string
}

/** Inspects the database, and adopts it as far as the flags and the answers allow. */
export async function adoptOnCall(call: Call<AdoptFlags>): Promise<Outcome<Output['adopt']>> {
  const { project, database, flags } = call
  const request = await readRequest(flags)
  const inspection = await planAdoption(project, database(), request)
  if (flags.writeReconcile) return writeFileFor(inspection, call.word)
  if (flags.plan) return show(inspection, call.word)
  const { plan } = inspection
  if (plan.isDone) return nothingToAdopt(plan, call.word)
  const decided = await agree(call, request, inspection)
  const rehearsal = await rehearseFirst(call, decided, inspection)
  const result = await adoptDatabase(project, database(), decided, plan)
  return { text: renderAdopted(result, call.word), json: { ...result, rehearsal }, exit: EXIT.done }
}

async function readRequest(flags: AdoptFlags): Promise<AdoptionRequest> {
  const decisions = parseDecisions(flags.decide ?? [])
  if (flags.reconcile === undefined) return { decisions }
  const path = resolve(flags.reconcile)
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw failure('RECONCILIATION_UNREADABLE', { path, reason: error.message }, error)
  })
  return { decisions, reconciliation: await readReconciliation(text, path) }
}

/** Shows the plan, and exits as the adoption would. For an unknown schema the refusal shows the differences. */
function show(inspection: Inspection, word: WordStep): Outcome<AdoptionPlanOutput> {
  const refusal = explainStop(inspection)
  const text = renderAdoption(inspection.plan)
  return {
    text:
      refusal && refusal.code !== 'DECISIONS_MISSING'
        ? `${text}\n${renderFailure(refusal, word)}\n`
        : text,
    json: {
      ...adoptionAsData(inspection.plan),
      refusal: refusal
        ? { code: refusal.code, message: refusal.message, next: refusal.next }
        : null,
    },
    exit: refusal?.exit ?? EXIT.done,
  }
}

function explainStop(inspection: Inspection): MigratorError | undefined {
  try {
    refuseUnlessReady(inspection)
    return undefined
  } catch (error) {
    if (error instanceof MigratorError) return error
    throw error
  }
}

function nothingToAdopt(plan: Inspection['plan'], word: WordStep): Outcome<AdoptionPlanOutput> {
  const rest =
    plan.pending.length === 0 ? '' : ` To bring it to head, run: ${word({ command: 'up' })}`
  const text = `Nothing to adopt: the ledger, the journal and the schema agree on ${plan.recorded.at(-1)}.${rest}\n`
  return { text, json: adoptionAsData(plan), exit: EXIT.done }
}

/** On a terminal the missing decisions are asked for; elsewhere they are refused. Nothing is done without a yes. */
async function agree(
  { project, database, flags }: Call<AdoptFlags>,
  request: AdoptionRequest,
  inspection: Inspection,
): Promise<AdoptionRequest> {
  const isYes = flags.yes === true
  if (isYes || !canAsk()) {
    refuseUnlessReady(inspection)
    if (isYes) return request
    throw failure('ADOPTION_UNCONFIRMED')
  }
  const decisions = new Map([...request.decisions, ...(await askDecisions(inspection.plan))])
  const decided = { ...request, decisions }
  const again = await planAdoption(project, database(), decided)
  refuseUnlessReady(again)
  process.stderr.write(`\n${renderAdoption(again.plan)}\n`)
  if (!(await confirm('Adopt it?'))) throw failure('ADOPTION_UNCONFIRMED')
  return decided
}

/** What was begun already has been rehearsed, or was not to be. */
async function rehearseFirst(
  { project, database, flags, say }: Call<AdoptFlags>,
  request: AdoptionRequest,
  inspection: Inspection,
): Promise<Rehearsal | null> {
  const scratch = flags.scratchUrl
  if (scratch === undefined || inspection.plan.resumes) return null
  const rehearsal = await lendScratch(
    scratch,
    database,
  )((server) => rehearse(project, database(), request, inspection, server))
  say(renderRehearsal(rehearsal))
  return rehearsal
}

async function writeFileFor(
  { plan, live, knownSchemas }: Inspection,
  word: WordStep,
): Promise<Outcome<ReconciliationOutput>> {
  const { match, fingerprint } = plan
  if (match.kind !== 'unknown') {
    throw failure('PROJECT_INVALID', {
      reason:
        'adopt: the schema of this database is known, so there is nothing to reconcile. Omit --write-reconcile.',
    })
  }
  const path = resolve(`reconcile-${fingerprint.slice(3, 15)}.sql`)
  const text = writeReconciliation(match, fingerprint, live, knownSchemas)
  await writeFile(path, text)
  const next = word({ command: 'adopt', options: { reconcile: path, plan: true } })
  return {
    text: `Wrote ${path}\nRead it, correct it, then run: ${next}\n`,
    json: { written: path },
    exit: EXIT.done,
  }
}
