import { sql } from 'kysely'
import type { JobProgress } from '@techfacts/db'
import { inTransaction, session, type Database } from '../database.ts'
import { removeUnfinishedRuns, type Attempt } from './extraction-runs.ts'

/** What a worker needs to know of the job that it begins. */
export type StartedJob = {
  readonly attempt: Attempt
  readonly projectId: string | null
  readonly payload: unknown
}

/** Begins the next attempt. Undefined where the job has ended: the delivery came late. */
export async function beginAttempt(
  database: Database,
  jobId: string,
): Promise<StartedJob | undefined> {
  const { rows } = await sql<{ number: number; projectId: string | null; payload: unknown }>`
    update jobs set status = 'running', attempt_count = attempt_count + 1, error = null,
      started_at = coalesce(started_at, now())
    where id = ${jobId} and status in ('queued', 'running')
    returning attempt_count as number, project_id as "projectId", payload`.execute(
    session(database),
  )
  const [row] = rows
  return row && { ...row, attempt: { jobId, number: row.number } }
}

export async function reportProgress(
  database: Database,
  { jobId, number }: Attempt,
  progress: JobProgress,
): Promise<void> {
  await sql`update jobs set progress = ${JSON.stringify(progress)}::jsonb
    where id = ${jobId} and attempt_count = ${number} and status = 'running'`.execute(
    session(database),
  )
}

/** Ends the job well; `result` counts what its runs hold. */
export async function completeJob(
  database: Database,
  { jobId, number }: Attempt,
  skipped: number,
): Promise<void> {
  await sql`
    update jobs set status = 'completed', completed_at = now(), result = (
      select jsonb_build_object('sources', count(distinct run.id), 'skipped', ${skipped}::int,
        'extractions', count(extraction.id))
      from extraction_runs run left join extractions extraction on extraction.run_id = run.id
      where run.job_id = jobs.id and run.is_current)
    where id = ${jobId} and attempt_count = ${number} and status = 'running'`.execute(
    session(database),
  )
}

/** Ends an attempt badly: the job waits for its next one, or for `buryJob` where this was its last. */
export async function failAttempt(
  database: Database,
  { jobId, number }: Attempt,
  reason: string,
): Promise<void> {
  await sql`update jobs set status = 'queued', error = ${reason}
    where id = ${jobId} and attempt_count = ${number} and status = 'running'`.execute(
    session(database),
  )
}

/** Ends a job whose every attempt is used up, also where no worker lived to say why. */
export function buryJob(database: Database, jobId: string): Promise<void> {
  return inTransaction(database, async (session) => {
    await sql`
      update jobs set status = 'dead', completed_at = now(),
        error = coalesce(error, 'Its workers died before they could say why.')
      where id = ${jobId} and status in ('queued', 'running')`.execute(session)
    await removeUnfinishedRuns(session, jobId)
  })
}
