import type { Client } from 'pg'
import type { MigratorError } from '../errors/index.ts'
import { openProject } from '../project/open.ts'
import { withRunnable } from '../project/runnable.ts'
import { EMPTY_STATE, type DatabaseState, type LedgerName } from '../database-state.ts'
import type { Direction } from '../migration.ts'
import { planHash } from '../plan/hash.ts'
import { verifyLedger } from '../plan/integrity.ts'
import { plannedStatements, planFor, type Plan } from '../plan/plan.ts'
import { whyUpRefuses } from './why-up-refuses.ts'
import { chainOf, targetIn } from '../project/chain-of.ts'
import type { OpenProject, Project, RunnableProject } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import { reportEdited } from '../session/report-edited.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { including, ownHead, readUnknownMigrations } from '../journal/unknown-migrations.ts'
import { findHazards, type PendingFinding } from '../run/hazards.ts'
import { refuseStrangersNamed } from '../run/strangers.ts'
import { foreseeWaiting, type WaitingStep } from '../run/waiting-steps.ts'
import { readPlanFacts, type PlanFacts } from './plan-facts.ts'
import { refusePathsSet } from '../journal/path-in-force.ts'
import { refusePreferred } from '../journal/search-path.ts'
import { readState } from '../journal/state.ts'

/** A plan, and what it meets in the database. */
export interface Preview {
  readonly plan: Plan
  /** What `RunRequest.planHash` takes. */
  readonly hash: string
  readonly ledger: LedgerName
  /** Why `up` refuses to run it, and the way out: where migrations are pending before others that are applied, or an adoption is not finished. */
  readonly outOfOrder?: Pick<MigratorError, 'message' | 'next'>
  /** Contract steps that would be left waiting at this moment, and for whom. Absent without any. */
  readonly waiting?: readonly WaitingStep[]
  /** Why `up` refuses to run what comes after them, and the way out. */
  readonly inTheWay?: Pick<MigratorError, 'message' | 'next'>
  /** Absent where there is no database to read them from. */
  readonly facts?: PlanFacts
  /** What lint finds in it, where it counts in this database: `up` refuses an error. Absent on the way back, and without a database. */
  readonly findings?: readonly PendingFinding[]
}

/**
 * What a run would do: the same plan, with nothing executed and no lock taken. Without a connection: from
 * an empty database.
 * Throws what the checks before a run throw.
 * @example
 * const { plan, hash } = await preview(project, target, { direction: 'up', target: 'head' })
 * if (plan.migrations.length > 0) console.log(`Reviewed: ${hash}`)
 */
export async function preview(
  project: Project,
  database: DatabaseTarget | undefined,
  request: { readonly direction: Direction; readonly target: string },
): Promise<Preview> {
  const opened = await openProject(project)
  const { ledger } = opened.manifest
  if (!database) {
    return withRunnable(project, opened, async (runnable) =>
      makePreview(planFor(runnable, EMPTY_STATE, request), ledger),
    )
  }
  return withConnection(database, async (client) => {
    const chain = chainOf(opened, await readState(client, ledger, 'look'), request.direction)
    return withRunnable(project, chain.opened, async (runnable) => {
      reportEdited(runnable, database)
      return previewIn(client, { project, ...chain, runnable }, request)
    })
  })
}

async function previewIn(
  client: Client,
  given: Omit<WayUp, 'plan'>,
  request: Parameters<typeof preview>[2],
): Promise<Preview> {
  const { opened, runnable, state } = given
  const { migrations: known, ledger } = opened.manifest
  const isBack = request.direction === 'down'
  const foreign = isBack ? await readUnknownMigrations(client, known, state) : []
  const asked = targetIn(opened.manifest, request.target, request.direction)
  const target = isBack ? ownHead(asked, known, state) : asked
  const plan = planFor(including(runnable, foreign, state), state, { ...request, target })
  const ahead = isBack ? {} : await readAhead(client, { ...given, plan })
  return { ...makePreview(plan, ledger), ...ahead, facts: await readFacts(client, plan) }
}

interface WayUp {
  readonly project: Project
  readonly opened: OpenProject
  readonly runnable: RunnableProject
  readonly plan: Plan
  readonly state: DatabaseState
}

/** What a way up meets besides: where it would be refused, and what it would leave waiting. */
async function readAhead(
  client: Client,
  { project, opened, runnable, plan, state }: WayUp,
): Promise<Pick<Preview, 'outOfOrder' | 'waiting' | 'inTheWay' | 'findings'>> {
  const { manifest } = opened
  const applied = verifyLedger(manifest.migrations, state)
  const refused = await whyUpRefuses(project, opened, new Set(applied), state)
  const names = plan.migrations.map(({ migration }) => migration.name)
  const named = { names, state }
  const { waiting, refusal } = await foreseeWaiting(client, runnable, { project, manifest }, named)
  const steps = names.filter((name) => !waiting.some(({ migration }) => migration === name))
  const pending = { migrations: runnable.migrations, manifest, names: steps, state }
  return {
    ...(refused && { outOfOrder: { message: refused.message, next: refused.next } }),
    ...(waiting.length > 0 && { waiting }),
    ...(refusal && { inTheWay: { message: refusal.message, next: refusal.next } }),
    findings: await findHazards(client, pending, ['error', 'warning']),
  }
}

async function readFacts(client: Client, plan: Plan): Promise<PlanFacts> {
  if (plan.migrations.length > 0) await refusePreferred(client)
  await refusePathsSet(client, plannedStatements(plan))
  await refuseStrangersNamed(client, plan)
  return readPlanFacts(client, plan)
}

function makePreview(plan: Plan, ledger: LedgerName): Preview {
  return { plan, hash: planHash(plan), ledger }
}
