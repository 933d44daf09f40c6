import { Job } from '@techfacts/db'
import { sql } from 'kysely'
import type { Database, Session } from '../database.ts'
import { Problem } from '../http/problems.ts'
import { readItem, readPage } from '../page.ts'
import type { Queue } from '../queue.ts'
import type { ExtractRequest, JobFilter, JobView } from '../schemas/job.ts'
import type { Page } from '../schemas/page.ts'
import { readProfile } from './profiles.ts'
import { readProject } from './projects.ts'

/**
 * Makes an extract job and enqueues it, both or neither.
 *
 * @throws Problem project_not_found, unknown_profile, unknown_sources
 */
export async function createExtractJob(
  database: Database,
  queue: Queue,
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
    await queue.enqueue(session, job.id, maxAttempts)
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

/** @throws Problem job_not_found */
export async function readJob(session: Session, id: string): Promise<JobView> {
  const job = await readItem<JobView>(session, sql`${JOBS} where id = ${id}`)
  if (!job) throw new Problem('job_not_found')
  return job
}

/** Of these jobs those that are there. */
export async function readJobs(session: Session, ids: readonly string[]): Promise<JobView[]> {
  const { rows } = await sql<{ item: JobView }>`
    select to_json(list) as item from (${JOBS} where id = any (${ids}::uuid[])) as list`.execute(
    session,
  )
  return rows.map(({ item }) => item)
}

/** The newest first. */
export function listJobs(session: Session, asked: JobFilter): Promise<Page<JobView>> {
  const { project_id: projectId, status } = asked
  const jobs = sql`${JOBS} where true
    ${projectId === undefined ? sql`` : sql`and project_id = ${projectId}`}
    ${status === undefined ? sql`` : sql`and status = ${status}`}`
  const order = { keys: { created_at: 'timestamptz', id: 'uuid' }, direction: 'desc' } as const
  return readPage(session, jobs, order, asked)
}

const JOBS = sql`
  select id, project_id, type, status, payload, progress, attempt_count, max_attempts, result, error,
    created_at, started_at, completed_at
  from jobs`
