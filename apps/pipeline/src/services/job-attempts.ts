import { Job, type JobProgress, type JobType, type JsonObject } from '@techfacts/db'
import { isExpression, sql, type RawBuilder } from 'kysely'
import { inTransaction, session, type Database, type Session } from '../database.ts'
import { prepared } from '../prepared.ts'
import type { Delivery } from '../delivery.ts'
import type { Enqueue, Enqueued } from '../queue.ts'
import { removeUnfinishedRuns, SupersededError, type Attempt } from './extraction-runs.ts'

/** What a worker needs to know of the job that it begins. */
export type StartedJob = {
  readonly attempt: Attempt
  readonly type: JobType
  readonly projectId: string | null
  readonly payload: unknown
  /** Where it goes on, if it was postponed. */
  readonly resume?: unknown
}

/**
 * Begins the next attempt. Undefined where there is nothing to do: the job has ended or was retried
 * since, and the delivery came late.
 */
export async function beginAttempt(
  database: Database,
  { job_id: jobId, max_attempts: maxAttempts, resume }: Delivery,
): Promise<StartedJob | undefined> {
  // In SQL: the number of the attempt is counted and read by one atomic statement.
  const { rows } = await sql<Omit<StartedJob, 'attempt'> & { number: number }>`
    update jobs set status = 'running', attempt_count = attempt_count + 1, error = null,
      started_at = coalesce(started_at, now())
    where id = ${jobId} and status in ('queued', 'running')
      and max_attempts = coalesce(${maxAttempts ?? null}::int, max_attempts)
    returning attempt_count as number, type, project_id as "projectId", payload`.execute(
    prepared(session(database)),
  )
  const [row] = rows
  return row && { ...row, attempt: { jobId, number: row.number }, resume }
}

export async function reportProgress(
  database: Database,
  attempt: Attempt,
  progress: JobProgress,
): Promise<void> {
  await database.em.fork().nativeUpdate(Job, running(attempt), { progress })
}

/**
 * Ends a job well, in the transaction that wrote what it made. A result that PostgreSQL counts is an expression over the
 * job's row.
 *
 * @throws {@link SupersededError}
 */
export async function completeJobWith(
  session: Session,
  attempt: Attempt,
  result: JsonObject | RawBuilder<JsonObject>,
  progress?: JobProgress,
): Promise<void> {
  const { numUpdatedRows } = await session
    .updateTable('jobs')
    .set({
      status: 'completed',
      completed_at: sql`now()`,
      result: isExpression(result) ? result : asJson(result),
      ...(progress && { progress: asJson(progress) }),
    })
    .where('id', '=', attempt.jobId)
    .where('attempt_count', '=', attempt.number)
    .where('status', '=', 'running')
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw superseded(attempt)
}

function asJson(value: JsonObject | JobProgress) {
  return sql<never>`${JSON.stringify(value)}::jsonb`
}

/** Holds a running job to the end of the transaction, and reads its `result`. @throws {@link SupersededError} */
export async function holdAttempt(session: Session, attempt: Attempt): Promise<unknown> {
  const held = await session
    .selectFrom('jobs')
    .select('result')
    .where('id', '=', attempt.jobId)
    .where('attempt_count', '=', attempt.number)
    .where('status', '=', 'running')
    .forUpdate()
    .executeTakeFirst()
  if (!held) throw superseded(attempt)
  return held.result
}

/** Ends an attempt badly: the job waits for its next one, or for `buryJob` where this was its last. */
export async function failAttempt(
  database: Database,
  attempt: Attempt,
  reason: string,
): Promise<void> {
  const change = { status: 'queued', error: reason } as const
  await database.em.fork().nativeUpdate(Job, running(attempt), change)
}

/** Ends a job that no further attempt can help. */
export function failJob(database: Database, attempt: Attempt, reason: string): Promise<void> {
  return inTransaction(database, async (session) => {
    const { numAffectedRows } = await sql`
      update jobs set status = 'failed', completed_at = now(), error = ${reason}
      where id = ${attempt.jobId} and attempt_count = ${attempt.number} and status = 'running'`.execute(
      session,
    )
    if (numAffectedRows === 1n) await removeUnfinishedRuns(session, attempt.jobId)
  })
}

/**
 * Gives a job back that this process may not go on with: it is queued again at once, and the attempt
 * does not count. The caller must have stopped working on it, since its next attempt has the same number.
 */
export function releaseAttempt(
  database: Database,
  enqueue: Enqueue,
  { jobId, number }: Attempt,
  later: { readonly reason?: string } & Pick<Enqueued, 'startAfter' | 'resume'> = {},
): Promise<void> {
  const { reason = null, ...when } = later
  return inTransaction(database, async (session) => {
    const { rows } = await sql<{ maxAttempts: number; attemptCount: number }>`
      update jobs set status = 'queued', attempt_count = attempt_count - 1, error = ${reason}
      where id = ${jobId} and attempt_count = ${number} and status = 'running'
      returning max_attempts as "maxAttempts", attempt_count as "attemptCount"`.execute(session)
    const [row] = rows
    if (row) await enqueue(session, { jobId, ...row, ...when })
  })
}

/** Ends a job that was to be cancelled, and removes what it did not finish; true where it was. */
export function endCancelled(database: Database, jobId: string): Promise<boolean> {
  return inTransaction(database, async (session) => {
    const { numAffectedRows } = await sql`
      update jobs set status = 'cancelled', completed_at = now()
      where id = ${jobId} and status = 'cancelling'`.execute(session)
    if (numAffectedRows === 1n) await removeUnfinishedRuns(session, jobId)
    return numAffectedRows === 1n
  })
}

/**
 * Ends a job whose every attempt is used up, also where no worker lived to say why. The row counts the attempts: a worker
 * that was killed may have had the delivery without beginning one. Then the job is enqueued again, to be taken
 * alone, so that its next delivery begins an attempt.
 */
export function buryJob(
  database: Database,
  enqueue: Enqueue,
  delivery: Delivery,
): Promise<'dead' | 'enqueued' | 'ended'> {
  const { job_id: jobId, max_attempts: maxAttempts } = delivery
  return inTransaction(database, async (session) => {
    const { numAffectedRows } = await sql`
      update jobs set completed_at = now(),
        status = case status when 'cancelling' then 'cancelled' else 'dead' end,
        error = coalesce(error, 'Its workers died before they could say why.')
      where id = ${jobId} and (status = 'cancelling' or (status in ('queued', 'running') and attempt_count >= max_attempts))
        and max_attempts = coalesce(${maxAttempts ?? null}::int, max_attempts)`.execute(session)
    if (numAffectedRows === 0n)
      return (await enqueueAlone(session, enqueue, delivery)) ? 'enqueued' : 'ended'
    await removeUnfinishedRuns(session, jobId)
    return 'dead'
  })
}

/** Enqueues a job again that was delivered, to be taken alone; false where it has ended. */
export async function enqueueAlone(
  session: Session,
  enqueue: Enqueue,
  { job_id: jobId, max_attempts: asked, resume }: Delivery,
): Promise<boolean> {
  const job = await session
    .selectFrom('jobs')
    .select(['id as jobId', 'attempt_count as attemptCount', 'max_attempts as maxAttempts'])
    .where('id', '=', jobId)
    .where('status', 'in', ['queued', 'running'])
    .$if(asked !== undefined, (query) => query.where('max_attempts', '=', asked ?? 0))
    .executeTakeFirst()
  if (job) await enqueue(session, { ...job, isAlone: true, ...(resume && { resume }) })
  return job !== undefined
}

/** Those of `attempts` that are over: cancelled, or another worker has begun the next one. */
export async function findEndedAttempts(
  database: Database,
  attempts: readonly Attempt[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select asked.id from unnest(${attempts.map(({ jobId }) => jobId)}::uuid[],
      ${attempts.map(({ number }) => number)}::int[]) as asked (id, number)
    where not exists (select from jobs where jobs.id = asked.id
      and jobs.attempt_count = asked.number and jobs.status = 'running')`.execute(session(database))
  return rows.map(({ id }) => id)
}

function running({ jobId, number }: Attempt) {
  return { id: jobId, attemptCount: number, status: 'running' } as const
}

function superseded({ jobId, number }: Attempt): SupersededError {
  return new SupersededError(`Attempt ${number} at job ${jobId} is over.`)
}
