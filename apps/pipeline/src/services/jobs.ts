import { Job, type JobStatus } from '@techfacts/db'
import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import { Problem } from '../http/problems.ts'
import { readItem, readPage } from '../page.ts'
import type { Queue } from '../queue.ts'
import type { ExtractRequest, JobFilter, JobView } from '../schemas/job.ts'
import type { Page } from '../schemas/page.ts'
import { removeUnfinishedRuns } from './extraction-runs.ts'
import { readProfile } from './profiles.ts'
import { readProject } from './projects.ts'

/**
 * Makes an extract job and enqueues it, both or neither.
 *
 * @throws Problem project_not_found, unknown_profile, unknown_sources
 */
export async function createExtractJob(
  database: Database,
  { enqueue }: Pick<Queue, 'enqueue'>,
  asked: ExtractRequest & { readonly projectId: string; readonly maxAttempts: number },
): Promise<string> {
  const { projectId, maxAttempts, profile, source_ids } = asked
  await readProfile(database, profile)
  return database.em.fork().transactional(async (em) => {
    const session = em.getKysely<unknown>()
    await readProject(session, projectId)
    if (source_ids) await demandSources(session, projectId, source_ids)
    const payload: ExtractRequest = source_ids ? { profile, source_ids } : { profile }
    const job = em.create(Job, { project: projectId, type: 'extract', payload, maxAttempts })
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
  throw new Problem('unknown_sources', `No sources of the project: ${unknown}.`)
}

/**
 * Cancels a job: at once where it is queued. A worker that has it stops within its heartbeat, and until
 * then the job is `cancelling`.
 *
 * @throws Problem job_not_found, job_ended
 */
export function cancelJob(database: Database, id: string): Promise<JobView> {
  return inTransaction(database, async (session) => {
    const { rows } = await sql<{ status: JobStatus }>`
      update jobs set
        status = case status when 'queued' then 'cancelled' else 'cancelling' end,
        completed_at = case status when 'queued' then now() end
      where id = ${id} and status in ('queued', 'running', 'cancelling')
      returning status`.execute(session)
    const job = await readJob(session, id)
    if (!rows[0]) throw new Problem('job_ended', `The job has ended: it is ${job.status}.`)
    if (job.status === 'cancelled') await removeUnfinishedRuns(session, id)
    return job
  })
}

/**
 * Enqueues a job again that has ended without its result, with `attempts` more. Deliveries from before
 * are ignored from now on, since they have the lower `max_attempts`.
 *
 * @throws Problem job_not_found, job_not_retryable
 */
export function retryJob(
  database: Database,
  { enqueue }: Pick<Queue, 'enqueue'>,
  id: string,
  attempts: number,
): Promise<JobView> {
  return inTransaction(database, async (session) => {
    const { rows } = await sql<{ attemptCount: number; maxAttempts: number }>`
      update jobs set status = 'queued', max_attempts = max_attempts + ${attempts}::int,
        error = null, progress = null, started_at = null, completed_at = null
      where id = ${id} and status in ('dead', 'failed', 'cancelled')
      returning attempt_count as "attemptCount", max_attempts as "maxAttempts"`.execute(session)
    const job = await readJob(session, id)
    if (!rows[0]) throw new Problem('job_not_retryable', `The job is ${job.status}.`)
    await enqueue(session, { jobId: id, ...rows[0] })
    return job
  })
}

/** @throws Problem job_not_found */
export async function readJob(session: Session, id: string): Promise<JobView> {
  const job = await readItem<JobView>(session, sql`${JOBS} where id = ${id}`)
  if (!job) throw new Problem('job_not_found')
  return job
}

/** The newest first. */
export function listJobs(session: Session, asked: JobFilter): Promise<Page<JobView>> {
  const { project_id: projectId, status, type } = asked
  const jobs = sql`${JOBS} where true
    ${projectId === undefined ? sql`` : sql`and project_id = ${projectId}`}
    ${status === undefined ? sql`` : sql`and status = ${status}`}
    ${type === undefined ? sql`` : sql`and type = ${type}`}`
  const order = { keys: { created_at: 'timestamptz', id: 'uuid' }, direction: 'desc' } as const
  return readPage(session, jobs, order, asked)
}

const JOBS = sql`
  select id, project_id, type, status, payload, progress, attempt_count, max_attempts, result, error,
    created_at, started_at, completed_at
  from jobs`
