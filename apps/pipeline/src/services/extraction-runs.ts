import type { SourceStatus, Tables } from '@techfacts/db'
import { sql, type ExpressionBuilder, type RawBuilder } from 'kysely'
import { inTransaction, session, type Database, type Session } from '../database.ts'
import { BOUNDS, type Room } from '../extraction/bounds.ts'
import type { Usage } from '../extraction/reader.ts'
import type { Reading } from '../extraction/review.ts'
import { prepared } from '../prepared.ts'
import type { AskedSource } from './asked-sources.ts'
import { insertFound, recordset } from './run-rows.ts'

/** An attempt at a job, counted from 1. What it writes is refused once another attempt has begun. */
export type Attempt = { readonly jobId: string; readonly number: number }

/** Another attempt at the job has begun since, or it was ended: this one must stop. */
export class SupersededError extends Error {}

/** The source was changed while it was read: what was found may not stand in it, or belongs to another group. */
export class SourceChangedError extends Error {}

/** A run that an attempt begins or goes on with. */
export type Run = {
  readonly projectId: string
  readonly sourceId: string
  readonly sourceGroup: string
  /** Of the content that is read. */
  readonly md5: string
  readonly profile: string
  readonly schemaVersion: number
  readonly extractor: string
  /** Of all that decides what is found. */
  readonly inputHash: string
}

/** How far a run is: nothing is done where it has no row yet. */
export type RunState = {
  readonly chunksDone: number
  /** What the bounds of a source leave for the chunks that are not done. */
  readonly room: Room
}

/** What a chunk adds to its run. The last one ends it. */
export type ChunkRead = {
  readonly index: number
  readonly isLast: boolean
  readonly reading: Reading & { readonly usage?: Usage }
}

/**
 * Says where an attempt goes on with a source. A run that began from other input (another content, profile, schema or
 * size of chunks) is removed, and begins again.
 */
export async function resumeRun(
  database: Database,
  attempt: Attempt,
  { ownId, ownHash, chunksDone }: Pick<AskedSource, 'ownId' | 'ownHash' | 'chunksDone'>,
  inputHash: string,
): Promise<RunState> {
  if (ownId === null || chunksDone === null) return NOTHING_DONE
  if (ownHash === inputHash) return readState(session(database), ownId, chunksDone)
  await inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    await session
      .deleteFrom('extraction_runs')
      .where((eb) => eb.and({ id: ownId, is_current: false }))
      .execute()
  })
  return NOTHING_DONE
}

export const NOTHING_DONE: RunState = {
  chunksDone: 0,
  room: { facts: BOUNDS.factsPerSource, entities: BOUNDS.entitiesPerSource },
}

/**
 * Stores what one chunk states, with its entities, links and rejects, and that the chunk is done. All or nothing; not
 * seen before the run is current, which the last chunk makes it. One transaction, since each waits for the disk.
 *
 * @throws {@link SupersededError}
 * @throws {@link SourceChangedError} where the run cannot be current. What it took to read it is counted all the same.
 */
export async function storeChunk(
  database: Database,
  attempt: Attempt,
  run: Run,
  { index, isLast, reading }: ChunkRead,
): Promise<void> {
  const isStored = await inTransaction(database, async (transaction) => {
    const session = prepared(transaction)
    const read = { attempt, run, index, reading }
    const { usage } = reading
    const chunks = await storeFound(session, [read], 'running')
    if (!chunks) {
      const { jobId, number } = attempt
      const over = `Attempt ${number} at job ${jobId} is over, or has stored this chunk.`
      throw new SupersededError(over)
    }
    if (usage) await addUsage(session, attempt, usage)
    return !isLast || makeCurrent(session, chunks)
  })
  if (!isStored) {
    throw new SourceChangedError(`Source ${run.sourceId} was changed while it was read.`)
  }
}

/** Ends a run without another chunk. @throws as storeChunk does */
export function storeEnd(
  database: Database,
  attempt: Attempt,
  run: Run,
  chunksDone: number,
): Promise<void> {
  const reading = { facts: [], rejects: [], rejected: 0, cut: 0 }
  return storeChunk(database, attempt, run, { index: chunksDone, isLast: true, reading })
}

/** A chunk that was read, of a source of its own. */
export type ChunkOf = {
  readonly attempt: Attempt
  readonly run: Run
  readonly index: number
  readonly reading: Reading
}

/**
 * Stores what chunks of different sources state. Undefined, and nothing is to be kept, where one of their jobs is not
 * in this status and attempt any more, or where another attempt has stored a chunk.
 */
export async function storeFound(
  session: Session,
  read: readonly ChunkOf[],
  status: 'queued' | 'running',
) {
  const recorded = await recordChunks(session, read, status)
  const chunks = read.flatMap(({ attempt, run, index, reading }) => {
    const own = recorded.find(({ jobId }) => jobId === attempt.jobId)
    return own?.chunksDone === index + 1 ? [{ ...run, ...reading, id: own.id, index }] : []
  })
  if (chunks.length < read.length) return undefined
  await insertFound(session, chunks)
  return chunks
}

/**
 * Counts chunks in the rows of their runs, which the first one makes. In SQL: the statement also holds the jobs' rows until
 * the transaction ends, so that no other attempt begins in between.
 */
function recordChunks(
  session: Session,
  read: readonly ChunkOf[],
  status: 'queued' | 'running',
): Promise<{ id: string; jobId: string | null; chunksDone: number }[]> {
  return session
    .insertInto('extraction_runs')
    .columns([
      ...(['job_id', 'source_id', 'profile_used', 'schema_version', 'extractor'] as const),
      ...(['input_hash', 'chunks_done', 'rejected', 'cut'] as const),
    ])
    .expression(selectHeld(session, read, status))
    .onConflict((conflict) =>
      conflict
        .columns(['job_id', 'source_id'])
        .doUpdateSet((eb) => ({
          chunks_done: eb('extraction_runs.chunks_done', '+', 1),
          rejected: eb('extraction_runs.rejected', '+', eb.ref('excluded.rejected')),
          cut: eb('extraction_runs.cut', '+', eb.ref('excluded.cut')),
        }))
        .where('extraction_runs.is_current', '=', false)
        .whereRef('extraction_runs.input_hash', '=', 'excluded.input_hash'),
    )
    .returning(['id', 'job_id as jobId', 'chunks_done as chunksDone'])
    .execute()
}

/** A row for each chunk whose job is in this status and attempt, and the job's row held. */
function selectHeld(session: Session, read: readonly ChunkOf[], status: 'queued' | 'running') {
  const rows = read.map(({ attempt, run, reading: { rejected, cut } }) => {
    const { sourceId: source, profile, schemaVersion: version, extractor, inputHash: hash } = run
    return { ...attempt, source, profile, version, extractor, hash, rejected, cut }
  })
  const asked = recordset(
    rows,
    sql`asked ("jobId" uuid, number int, source uuid, profile text, version int, extractor text, hash text,
      rejected int, cut int)`,
  )
  const job = session
    .selectFrom('jobs')
    .select('id')
    .where('id', '=', sql<string>`asked."jobId"`)
    .where('attempt_count', '=', sql<number>`asked.number`)
    .where('status', '=', status)
    .limit(sql.lit(1)) // one index look-up for each, whatever the planner knows of the table
    .forNoKeyUpdate()
  return sql`
    select job.id, source, profile, version, extractor, hash, 1, rejected, cut
    from ${asked} cross join lateral ${job} as job`
}

/**
 * Makes finished runs the current ones of their sources and profiles, and removes those before them with their extractions:
 * readers see the one or the other, never both. False where a source is not as it was read; its group counts too,
 * since entities are one within it. The sources' rows are changed first, in one order: of two runs the second waits for the first.
 */
export async function makeCurrent(
  session: Session,
  runs: readonly (Run & { readonly id: string })[],
): Promise<boolean> {
  const rows = runs
    .map(({ sourceId: source, sourceGroup: group, md5, profile }) => {
      return { source, group, md5, profile }
    })
    .toSorted((one, other) => (one.source < other.source ? -1 : 1))
  const asked = recordset(rows, sql`asked (source uuid, "group" text, md5 text, profile text)`)
  if ((await markAsRead(session, asked)) !== BigInt(runs.length)) return false
  await session
    .with('replaced', (db) =>
      db
        .deleteFrom('extraction_runs')
        .where('is_current', '=', true)
        .where(sql<boolean>`(source_id, profile_used) in (select source, profile from ${asked})`)
        .returning('id'),
    )
    .updateTable('extraction_runs')
    .set({ is_current: true })
    .where(sql<boolean>`id = any(${runs.map(({ id }) => id)}::uuid[])`)
    // Asked for, so that what is replaced is removed before these are current.
    .where((eb) => eb.selectFrom('replaced').select(eb.fn.countAll().as('count')), '>=', 0)
    .execute()
  return true
}

/** Says of the sources that are as they were read that they are extracted, and how many they are. */
async function markAsRead(session: Session, asked: RawBuilder<unknown>): Promise<bigint> {
  const source = session
    .selectFrom('sources')
    .select('id')
    .where('id', '=', sql<string>`asked.source`)
    .where('source_group', '=', sql<string>`asked."group"`)
    .where(sql`md5(content)`, '=', sql`asked.md5`)
    .limit(sql.lit(1))
    .forNoKeyUpdate()
  const asRead = sql`select source.id from ${asked} cross join lateral ${source} as source`
  const { numUpdatedRows } = await session
    .updateTable('sources')
    .set({ status: 'extracted' })
    .where(sql<boolean>`id = any (array (${asRead}))`)
    .executeTakeFirst()
  return numUpdatedRows
}

/** Says of a source whose run is kept that it was read, unless it has changed meanwhile. */
export async function markRead(
  database: Database,
  attempt: Attempt,
  source: ReadSource,
): Promise<void> {
  await inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    await session
      .updateTable('sources')
      .set({ status: 'extracted' })
      .where(isAsRead(source))
      .execute()
  })
}

/** A source as it was when it was read; the content by its hash. */
type ReadSource = { readonly id: string; readonly sourceGroup: string; readonly md5: string }

/** Whether a source is still what was read of it. */
function isAsRead({ id, sourceGroup, md5 }: ReadSource) {
  return (eb: ExpressionBuilder<Tables, 'sources'>) =>
    eb.and([
      eb.and({ id, source_group: sourceGroup }),
      sql<boolean>`md5(${eb.ref('content')}) = ${md5}`,
    ])
}

/** Says of a source that it cannot be read at all. What was found in it before stays. */
export function markUnreadable(
  database: Database,
  attempt: Attempt,
  sourceId: string,
): Promise<void> {
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    await markSource(session, sourceId, 'failed')
  })
}

/** Removes what a job that has ended did not finish. */
export async function removeUnfinishedRuns(session: Session, jobId: string): Promise<void> {
  await session
    .deleteFrom('extraction_runs')
    .where((eb) => eb.and({ job_id: jobId, is_current: false }))
    .execute()
}

/** Holds the job's row until the transaction ends, so that no other attempt begins in between. */
async function demandAttempt(session: Session, { jobId, number }: Attempt): Promise<void> {
  const job = await session
    .selectFrom('jobs')
    .select('id')
    .where((eb) => eb.and({ id: jobId, attempt_count: number, status: 'running' }))
    .forShare()
    .executeTakeFirst()
  if (!job) throw new SupersededError(`Attempt ${number} at job ${jobId} is over.`)
}

/** What a run holds already counts against the bounds. */
async function readState(session: Session, id: string, chunksDone: number): Promise<RunState> {
  const held = await session
    .selectFrom('extractions as e')
    .leftJoin('extraction_entities as l', 'l.extraction_id', 'e.id')
    .select([
      sql<number>`count(distinct e.id)::int`.as('facts'),
      sql<number>`count(l.id)::int`.as('entities'),
    ])
    .where('e.run_id', '=', id)
    .executeTakeFirstOrThrow()
  const { room } = NOTHING_DONE
  return {
    chunksDone,
    room: { facts: room.facts - held.facts, entities: room.entities - held.entities },
  }
}

/** Adds to what the job's result will say, at once: tokens are paid for also where the attempt fails. */
async function addUsage(session: Session, { jobId }: Attempt, usage: Usage): Promise<void> {
  // In SQL: fields of a JSON column are read, added to and written by one statement.
  await sql`update jobs set result = jsonb_build_object('usage', jsonb_build_object(
      'requests', coalesce((result #>> '{usage,requests}')::int8, 0) + ${usage.requests}::int8,
      'input_tokens', coalesce((result #>> '{usage,input_tokens}')::int8, 0) + ${usage.inputTokens}::int8,
      'output_tokens', coalesce((result #>> '{usage,output_tokens}')::int8, 0) + ${usage.outputTokens}::int8))
    where id = ${jobId}`.execute(session)
}

async function markSource(session: Session, id: string, status: SourceStatus): Promise<void> {
  await session.updateTable('sources').set({ status }).where('id', '=', id).execute()
}
