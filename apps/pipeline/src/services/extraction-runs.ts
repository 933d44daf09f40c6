import type { SourceStatus, Tables } from '@techfacts/db'
import { sql, type ExpressionBuilder } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import { BOUNDS } from '../extraction/bounds.ts'
import type { Usage } from '../extraction/reader.ts'
import type { Reading } from '../extraction/review.ts'
import { insertExtractions, insertRejects, linkEntities, type Run } from './run-rows.ts'

/** An attempt at a job, counted from 1. What it writes is refused once another attempt has begun. */
export type Attempt = { readonly jobId: string; readonly number: number }

/** Another attempt at the job has begun since, or it was ended: this one must stop. */
export class SupersededError extends Error {}

/** The source was changed while it was read: what was found may not stand in it, or belongs to another group. */
export class SourceChangedError extends Error {}

/**
 * The job's run over a source: the one that an earlier attempt began, or a new one. A run that began
 * from other input (another content, profile, schema or size of chunks) is begun again.
 */
export function openRun(
  database: Database,
  attempt: Attempt,
  source: { readonly id: string; readonly projectId: string; readonly sourceGroup: string },
  reading: {
    readonly profile: string
    readonly schemaVersion: number
    readonly extractor: string
    /** Of all that decides what is found. */
    readonly inputHash: string
  },
): Promise<Run> {
  const { id: sourceId, projectId, sourceGroup } = source
  const own = { job_id: attempt.jobId, source_id: sourceId }
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    await session
      .deleteFrom('extraction_runs')
      .where((eb) =>
        eb.and([eb.and({ ...own, is_current: false }), eb('input_hash', '<>', reading.inputHash)]),
      )
      .execute()
    await session
      .insertInto('extraction_runs')
      .values({
        ...own,
        profile_used: reading.profile,
        schema_version: reading.schemaVersion,
        extractor: reading.extractor,
        input_hash: reading.inputHash,
      })
      .onConflict((conflict) => conflict.columns(['job_id', 'source_id']).doNothing())
      .execute()
    const run = await selectRun(session, own)
    if (!run) throw new SupersededError(`The run over source ${sourceId} was removed.`)
    return { ...run, projectId, sourceId, sourceGroup, profile: reading.profile }
  })
}

/**
 * Stores what one chunk states, with its entities, links and rejects, and that the chunk is done. All
 * or nothing; not seen before the run is current.
 */
export function storeChunk(
  database: Database,
  attempt: Attempt,
  run: Run,
  chunk: number,
  reading: Reading & { readonly usage?: Usage },
): Promise<void> {
  const { facts, rejects, rejected, cut, usage } = reading
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    const { numUpdatedRows } = await session
      .updateTable('extraction_runs')
      .set((eb) => ({
        chunks_done: chunk + 1,
        rejected: eb('rejected', '+', rejected),
        cut: eb('cut', '+', cut),
      }))
      .where((eb) => eb.and({ id: run.id, chunks_done: chunk }))
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) throw new SupersededError(`Chunk ${chunk} is not the next one.`)
    if (rejects.length > 0) await insertRejects(session, run, chunk, rejects)
    if (usage) await addUsage(session, attempt, usage)
    if (facts.length === 0) return
    await insertExtractions(session, run, chunk, facts)
    await linkEntities(session, run, chunk, facts)
  })
}

/**
 * Makes a finished run the current one of its source and profile, and removes the one before it with
 * its extractions: readers see the one or the other, never both. `md5` is that of the content that was
 * read; the group counts too, since entities are one within it.
 *
 * @throws {@link SourceChangedError}
 */
export function makeCurrent(
  database: Database,
  attempt: Attempt,
  run: Run,
  md5: string,
): Promise<void> {
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    const source = await session
      .selectFrom('sources')
      .select('id')
      .where(isAsRead({ id: run.sourceId, sourceGroup: run.sourceGroup, md5 }))
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!source) {
      throw new SourceChangedError(`Source ${run.sourceId} was changed while it was read.`)
    }
    await session
      .deleteFrom('extraction_runs')
      .where((eb) =>
        eb.and({ source_id: run.sourceId, profile_used: run.profile, is_current: true }),
      )
      .execute()
    await session
      .updateTable('extraction_runs')
      .set({ is_current: true })
      .where('id', '=', run.id)
      .execute()
    await markSource(session, run.sourceId, 'extracted')
  })
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

async function selectRun(session: Session, own: { job_id: string; source_id: string }) {
  const run = await session
    .selectFrom('extraction_runs as r')
    .select((eb) => [
      'r.id',
      'r.chunks_done as chunksDone',
      'r.is_current as isCurrent',
      eb
        .selectFrom('extractions as e')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('e.run_id', '=', eb.ref('r.id'))
        .as('facts'),
      eb
        .selectFrom('extraction_entities as l')
        .innerJoin('extractions as e', 'e.id', 'l.extraction_id')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('e.run_id', '=', eb.ref('r.id'))
        .as('entities'),
    ])
    .where((eb) => eb.and({ 'r.job_id': own.job_id, 'r.source_id': own.source_id }))
    .executeTakeFirst()
  if (!run) return undefined
  const { facts, entities, ...found } = run
  const room = {
    facts: BOUNDS.factsPerSource - (facts ?? 0),
    entities: BOUNDS.entitiesPerSource - (entities ?? 0),
  }
  return { ...found, room }
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
