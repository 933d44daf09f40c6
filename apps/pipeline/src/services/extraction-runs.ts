import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import type { FoundFact } from '../extraction/extractor.ts'

/** An attempt at a job, counted from 1. What it writes is refused once another attempt has begun. */
export type Attempt = { readonly jobId: string; readonly number: number }

/** A reading of a source that is under way, or was finished by an earlier attempt. */
export type Run = {
  readonly id: string
  readonly projectId: string
  readonly sourceId: string
  readonly sourceGroup: string
  readonly profile: string
  readonly chunksDone: number
  readonly isCurrent: boolean
}

/** Another attempt at the job has begun since, or it was ended: this one must stop. */
export class SupersededError extends Error {}

/** The source was changed while it was read: what was found may not stand in it any more. */
export class SourceChangedError extends Error {}

/**
 * The job's run over a source: the one that an earlier attempt began, or a new one. A run that began
 * from other input (another content, profile or size of chunks) is begun again.
 */
export function openRun(
  database: Database,
  attempt: Attempt,
  source: { readonly id: string; readonly projectId: string; readonly sourceGroup: string },
  reading: {
    readonly profile: string
    readonly extractor: string
    readonly input: readonly unknown[]
  },
): Promise<Run> {
  const hash = createHash('sha256').update(JSON.stringify(reading.input)).digest('hex')
  const { profile, extractor } = reading
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    await sql`delete from extraction_runs
      where job_id = ${attempt.jobId} and source_id = ${source.id} and not is_current and input_hash <> ${hash}`.execute(
      session,
    )
    await sql`insert into extraction_runs (job_id, source_id, profile_used, extractor, input_hash)
      values (${attempt.jobId}, ${source.id}, ${profile}, ${extractor}, ${hash})
      on conflict (job_id, source_id) do nothing`.execute(session)
    const { rows } = await sql<Pick<Run, 'id' | 'chunksDone' | 'isCurrent'>>`
      select id, chunks_done as "chunksDone", is_current as "isCurrent" from extraction_runs
      where job_id = ${attempt.jobId} and source_id = ${source.id}`.execute(session)
    const [run] = rows
    if (!run) throw new SupersededError(`The run over source ${source.id} was removed.`)
    const { id: sourceId, projectId, sourceGroup } = source
    return { ...run, projectId, sourceId, sourceGroup, profile }
  })
}

/**
 * Stores what one chunk states, with its entities and links, and that the chunk is done. All or
 * nothing; not seen before the run is current.
 */
export function storeChunk(
  database: Database,
  attempt: Attempt,
  run: Run,
  chunk: number,
  facts: readonly FoundFact[],
): Promise<void> {
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    const { numAffectedRows } = await sql`
      update extraction_runs set chunks_done = ${chunk + 1}
      where id = ${run.id} and chunks_done = ${chunk}`.execute(session)
    if (numAffectedRows !== 1n) throw new SupersededError(`Chunk ${chunk} is not the next one.`)
    if (facts.length === 0) return
    await insertExtractions(session, run, chunk, facts)
    await linkEntities(session, run, chunk, facts)
  })
}

/**
 * Makes a finished run the current one of its source and profile, and removes the one before it with
 * its extractions: readers see the one or the other, never both.
 *
 * @throws {@link SourceChangedError}
 */
export function makeCurrent(
  database: Database,
  attempt: Attempt,
  run: Run,
  content: string,
): Promise<void> {
  return inTransaction(database, async (session) => {
    await demandAttempt(session, attempt)
    const { rows } = await sql<{ isSame: boolean }>`
      select md5(content) = ${createHash('md5').update(content).digest('hex')} as "isSame"
      from sources where id = ${run.sourceId} for no key update`.execute(session)
    if (!rows[0]?.isSame) {
      throw new SourceChangedError(`Source ${run.sourceId} was changed while it was read.`)
    }
    await sql`delete from extraction_runs
      where source_id = ${run.sourceId} and profile_used = ${run.profile} and is_current`.execute(
      session,
    )
    await sql`update extraction_runs set is_current = true where id = ${run.id}`.execute(session)
    await sql`update sources set status = 'extracted' where id = ${run.sourceId}`.execute(session)
  })
}

/** Removes what a job that has ended did not finish. */
export async function removeUnfinishedRuns(session: Session, jobId: string): Promise<void> {
  await sql`delete from extraction_runs where job_id = ${jobId} and not is_current`.execute(session)
}

/** Holds the job's row until the transaction ends, so that no other attempt begins in between. */
async function demandAttempt(session: Session, { jobId, number }: Attempt): Promise<void> {
  const { rows } = await sql`
    select from jobs where id = ${jobId} and attempt_count = ${number} and status = 'running'
    for share`.execute(session)
  if (rows.length === 0) throw new SupersededError(`Attempt ${number} at job ${jobId} is over.`)
}

async function insertExtractions(
  session: Session,
  run: Run,
  chunk: number,
  facts: readonly FoundFact[],
): Promise<void> {
  const rows = facts.map((fact, ordinal) => ({
    ordinal,
    type: fact.type,
    data: fact.data,
    confidence: fact.confidence,
    context: {
      quote: fact.quote,
      start: fact.start,
      end: fact.end,
      heading_path: fact.headingPath,
      confidence_parts: fact.confidenceParts,
    },
  }))
  await sql`
    insert into extractions (project_id, source_id, run_id, source_group, profile_used, chunk_index,
      ordinal, extraction_type, data, confidence, chunk_context)
    select ${run.projectId}, ${run.sourceId}, ${run.id}, ${run.sourceGroup}, ${run.profile}, ${chunk},
      ordinal, type, data, confidence, context
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as fact (ordinal int, type text, data jsonb, confidence float8, context jsonb)`.execute(
    session,
  )
}

async function linkEntities(
  session: Session,
  run: Run,
  chunk: number,
  facts: readonly FoundFact[],
): Promise<void> {
  const mentions = facts.flatMap(({ entities }, ordinal) =>
    entities.map(({ type, value, normalizedValue }) => ({ ordinal, type, value, normalizedValue })),
  )
  const mention = sql`jsonb_to_recordset(${JSON.stringify(mentions)}::jsonb)
    as mention (ordinal int, type text, value text, "normalizedValue" text)`
  // In the order of the key, so that two workers that name the same entities wait and do not deadlock.
  await sql`
    insert into entities (project_id, source_group, entity_type, value, normalized_value)
    select distinct on (type, "normalizedValue")
      ${run.projectId}::uuid, ${run.sourceGroup}, type, value, "normalizedValue"
    from ${mention} order by type, "normalizedValue", ordinal
    on conflict (project_id, source_group, entity_type, normalized_value) do nothing`.execute(
    session,
  )
  await sql`
    insert into extraction_entities (extraction_id, entity_id)
    select extraction.id, entity.id
    from ${mention}
    join extractions extraction on extraction.run_id = ${run.id} and extraction.chunk_index = ${chunk}
      and extraction.ordinal = mention.ordinal
    join entities entity on entity.project_id = ${run.projectId} and entity.source_group = ${run.sourceGroup}
      and entity.entity_type = mention.type and entity.normalized_value = mention."normalizedValue"`.execute(
    session,
  )
}
