import { Job, type JobType, type JsonObject, type Tables } from '@techfacts/db'
import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import type { JsonText } from '../json-text.ts'
import { compileItems, compilePage, NEWEST_FIRST } from '../page.ts'
import type { Queue } from '../queue.ts'
import type { JobFilter, JobView } from '../schemas/job.ts'
import type { Page } from '../schemas/page.ts'
import { removeUnfinishedRuns } from './extraction-runs.ts'
import { readProfile } from './profiles.ts'
import { isActive, readProject } from './projects.ts'

type Enqueuing = Pick<Queue, 'enqueue'>

/** What is asked for; `payload` is the request, as the job's type takes it. */
export type NewJob = {
  readonly projectId: string
  readonly type: JobType
  readonly payload: JsonObject
  readonly maxAttempts: number
}

/**
 * Makes a job and enqueues it, both or neither.
 *
 * @throws DomainError project_not_found, unknown_profile, unknown_sources
 */
export async function createJob(
  database: Database,
  { enqueue }: Enqueuing,
  { projectId, type, payload, maxAttempts }: NewJob,
): Promise<string> {
  const { profile, source_ids: ids } = payload as { profile?: string; source_ids?: string[] }
  if (profile !== undefined) await readProfile(database, profile)
  return database.em.fork().transactional(async (em) => {
    const session = em.getKysely<Tables>()
    await readProject(session, projectId)
    if (ids) await demandSources(session, projectId, ids)
    const job = em.create(Job, { project: projectId, type, payload, maxAttempts })
    await em.flush()
    await enqueue(session, { jobId: job.id, attemptCount: 0, maxAttempts })
    return job.id
  })
}

async function demandSources(session: Session, projectId: string, ids: string[]): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select asked.id from unnest(${ids}::uuid[]) as asked (id)
    where not exists (select from sources where project_id = ${projectId} and sources.id = asked.id)
    limit 10`.execute(session)
  if (rows.length === 0) return
  const unknown = rows.map(({ id }) => id).join(', ')
  throw new DomainError('unknown_sources', `No sources of the project: ${unknown}.`)
}

/**
 * Cancels a job: at once where it is queued. A worker that has it stops within its heartbeat, and until
 * then the job is `cancelling`.
 *
 * @throws DomainError job_not_found, job_ended
 */
export function cancelJob(database: Database, id: string): Promise<JobView> {
  return inTransaction(database, async (session) => {
    const changed = await session
      .updateTable('jobs')
      .set({
        status: sql`case status when 'queued' then 'cancelled' else 'cancelling' end`,
        completed_at: sql`case status when 'queued' then now() end`,
      })
      .where('id', '=', id)
      .where('status', 'in', ['queued', 'running', 'cancelling'])
      .returning('status')
      .executeTakeFirst()
    const job = (await readJob(session, id)).parse()
    if (!changed) throw new DomainError('job_ended', `The job has ended: it is ${job.status}.`)
    if (job.status === 'cancelled') await removeUnfinishedRuns(session, id)
    return job
  })
}

/**
 * Enqueues a job again that has ended without its result, with `attempts` more. Deliveries from before
 * are ignored from now on, since they have the lower `max_attempts`.
 *
 * @throws DomainError job_not_found, job_not_retryable
 */
export function retryJob(
  database: Database,
  { enqueue }: Enqueuing,
  id: string,
  attempts: number,
): Promise<JobView> {
  return inTransaction(database, async (session) => {
    const ended = { error: null, progress: null, started_at: null, completed_at: null }
    const changed = await session
      .updateTable('jobs')
      .set({ ...ended, status: 'queued', max_attempts: sql`max_attempts + ${attempts}::int` })
      .where('id', '=', id)
      .where('status', 'in', ['dead', 'failed', 'cancelled'])
      .returning(['attempt_count as attemptCount', 'max_attempts as maxAttempts'])
      .executeTakeFirst()
    const job = (await readJob(session, id)).parse()
    if (!changed) throw new DomainError('job_not_retryable', `The job is ${job.status}.`)
    await enqueue(session, { jobId: id, ...changed })
    return job
  })
}

/** @throws DomainError job_not_found */
export async function readJob(session: Session, id: string): Promise<JsonText<JobView>> {
  const [job] = await findJob(session, { id })
  if (!job) throw new DomainError('job_not_found')
  return job
}

const findJob = compileItems((session, { id }: { readonly id: string }) =>
  selectJobs(session).where('id', '=', id),
)

/** Of these jobs those that are there. */
export async function readJobs(session: Session, ids: readonly string[]): Promise<JobView[]> {
  return (await findJobs(session, { ids })).map((job) => job.parse())
}

const findJobs = compileItems((session, { ids }: { readonly ids: readonly string[] }) =>
  selectJobs(session).where(sql<boolean>`id = any(${ids}::uuid[])`),
)

/** The newest first, without those of projects that were deleted. */
export async function listJobs(
  session: Session,
  { limit, after, ...filter }: JobFilter,
): Promise<JsonText<Page<JobView>>> {
  return (await findPage(session, filter, { limit, after })).page
}

const findPage = compilePage({
  order: NEWEST_FIRST,
  filters: ['status', 'type'],
  select(session, { project_id: projectId, status, type }: Omit<JobFilter, 'limit' | 'after'>) {
    let jobs = selectJobs(session).leftJoin('projects', 'projects.id', 'project_id')
    if (projectId !== undefined)
      jobs = jobs.where('project_id', '=', projectId).where(isActive(session, projectId))
    else
      jobs = jobs.where((eb) =>
        eb.or([eb('projects.is_active', '=', true), eb('project_id', 'is', null)]),
      )
    if (status !== undefined) jobs = jobs.where('status', '=', status)
    if (type !== undefined) jobs = jobs.where('type', '=', type)
    return jobs
  },
})

function selectJobs(session: Session) {
  return session
    .selectFrom('jobs')
    .select(['jobs.id', 'project_id', 'type', 'status', 'payload', 'progress', 'attempt_count'])
    .select(['max_attempts', 'result', 'error', 'jobs.created_at', 'started_at', 'completed_at'])
}
