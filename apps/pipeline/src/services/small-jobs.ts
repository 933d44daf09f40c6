import type { JobProgress } from '@techfacts/db'
import { sql } from 'kysely'
import { inTransaction, session, type Database, type Session } from '../database.ts'
import { prepared } from '../prepared.ts'
import type { Delivery } from '../delivery.ts'
import { makeCurrent, storeFound, SupersededError, type ChunkOf } from './extraction-runs.ts'
import { recordset } from './run-rows.ts'

/** The longest document of a small job, in bytes: a page of text. */
const MOST_BYTES = 4096

/** A job that asks for one short document, with the document. */
export type SmallJob = {
  readonly jobId: string
  readonly projectId: string
  readonly profile: string
  readonly sourceId: string
  readonly sourceGroup: string
  readonly content: string
  readonly md5: string
  /** Of the run that holds for it, if there is one. */
  readonly runHash: string | null
  readonly since: Date
}

/** Of the jobs that were delivered those that wait for their first attempt, not their only one, at one short document. */
export async function findSmallJobs(
  database: Database,
  deliveries: readonly Delivery[],
): Promise<SmallJob[]> {
  if (deliveries.length === 0) return []
  const asked = recordset(deliveries, sql`asked (job_id uuid, max_attempts int)`)
  const { job, source } = selectSmall(session(database))
  const { rows } = await sql<SmallJob>`
    select job.id as "jobId", job.project_id as "projectId", job.profile, source.id as "sourceId",
      source.source_group as "sourceGroup", content, md5(content), now() as since, (
        select input_hash from extraction_runs run where run.source_id = source.id
          and run.profile_used = job.profile and is_current and not is_stale) as "runHash"
    from ${asked} cross join lateral ${job} as job cross join lateral ${source} as source`.execute(
    prepared(session(database)),
  )
  return rows
}

/** A job, and its source. With a limit: one index look-up for each, whatever the planner knows of the tables. */
function selectSmall(session: Session) {
  const ids = sql`payload -> 'source_ids'`
  const job = session
    .selectFrom('jobs')
    .select(['id', 'project_id', sql<string>`payload ->> 'profile'`.as('profile')])
    .select(sql<string>`(${ids} ->> 0)::uuid`.as('source_id'))
    .where('id', '=', sql<string>`asked.job_id`)
    .where(sql<boolean>`jobs.max_attempts = coalesce(asked.max_attempts, jobs.max_attempts)`)
    .where((eb) => eb.and({ type: 'extract', status: 'queued', attempt_count: 0 }))
    // A worker that dies costs each job that it has an attempt, and only one of them may be what killed it.
    .where('max_attempts', '>', 1)
    .where(sql<boolean>`jsonb_array_length(${ids}) = 1`)
    .limit(sql.lit(1))
  const source = session
    .selectFrom('sources')
    .select(['id', 'source_group', 'content'])
    .where('id', '=', sql<string>`job.source_id`)
    .where('project_id', '=', sql<string>`job.project_id`)
    .where(sql<boolean>`octet_length(content) <= ${sql.lit(MOST_BYTES)}`)
    .limit(sql.lit(1))
  return { job, source }
}

/** What was read for a small job. */
export type SmallRead = Omit<ChunkOf, 'index'> & Pick<SmallJob, 'since'>

/**
 * Stores what small jobs found, makes it current, and completes them: all or nothing, in one transaction, and as their
 * first attempt.
 *
 * @throws SupersededError where a job or its source is not what it was when it was read
 */
export function storeSmallJobs(database: Database, read: readonly SmallRead[]): Promise<void> {
  return inTransaction(database, async (transaction) => {
    const session = prepared(transaction)
    const chunks = read.map((one) => ({ ...one, index: 0 }))
    const stored = await storeFound(session, chunks, 'queued')
    if (!stored || !(await makeCurrent(session, stored)))
      throw new SupersededError('A job or its source has changed while it was read.')
    await completeSmallJobs(session, read)
  })
}

/** Their rows are held already. What they found is known, so that nothing is counted. */
async function completeSmallJobs(session: Session, read: readonly SmallRead[]): Promise<void> {
  const rows = read.map(({ attempt: { jobId: id }, since, reading: { facts, rejected, cut } }) => {
    const found = { sources: 1, extractions: facts.length, rejected, cut }
    return { id, since, result: { ...found, skipped: 0, unreadable: [], unchanged: 0 } }
  })
  await sql`
    update jobs set status = 'completed', attempt_count = attempt_count + 1, started_at = since, completed_at = now(),
      progress = ${JSON.stringify(DONE)}::jsonb, result = ended.result
    from ${recordset(rows, sql`ended (id uuid, since timestamptz, result jsonb)`)}
    where jobs.id = ended.id`.execute(session)
}

const DONE: JobProgress = { done: 1, total: 1 }
