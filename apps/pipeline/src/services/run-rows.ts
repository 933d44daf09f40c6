import { sql, type RawBuilder } from 'kysely'
import type { Session } from '../database.ts'
import type { FoundFact } from '../extraction/extractor.ts'
import type { Reject } from '../extraction/review.ts'

/** A chunk whose rows are written, and the run that they belong to. */
export type StoredChunk = {
  /** Of the run. */
  readonly id: string
  readonly index: number
  readonly projectId: string
  readonly sourceId: string
  readonly sourceGroup: string
  readonly profile: string
  readonly facts: readonly FoundFact[]
  readonly rejects: readonly Reject[]
}

/** Stores what was found in chunks, of different runs or of one: so many statements, however many they are. */
export async function insertFound(session: Session, chunks: readonly StoredChunk[]): Promise<void> {
  if (chunks.some(({ rejects }) => rejects.length > 0)) await insertRejects(session, chunks)
  if (chunks.some(({ facts }) => facts.length > 0)) await insertFacts(session, chunks)
}

/**
 * Stores facts and the entities that they mention in one statement, and then the links between them: only the next
 * statement sees entities that another worker has made meanwhile.
 */
async function insertFacts(session: Session, chunks: readonly StoredChunk[]): Promise<void> {
  const mentions = chunks.flatMap(({ facts }, chunk) =>
    facts.flatMap(({ entities }, ordinal) =>
      entities.map(({ type, value, normalizedValue }) => {
        return { chunk, ordinal, type, value, normalized: normalizedValue }
      }),
    ),
  )
  const mention = recordset(
    mentions,
    sql`mention (chunk int, ordinal int, type text, value text, normalized text)`,
  )
  const from = sql`${mention} join ${chunkSet(chunks)} using (chunk)`
  await session
    .with('named', (db) => insertEntities(db, from))
    .insertInto('extractions')
    .columns([
      ...(['project_id', 'source_id', 'run_id', 'source_group', 'profile_used'] as const),
      ...(['chunk_index', 'ordinal', 'extraction_type', 'data', 'confidence'] as const),
      'chunk_context',
    ])
    .expression(selectFacts(chunks))
    .execute()
  if (mentions.length > 0) await insertLinks(session, from)
}

function selectFacts(chunks: readonly StoredChunk[]) {
  const rows = chunks.flatMap(({ facts }, chunk) =>
    facts.map((fact, ordinal) => ({
      chunk,
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
    })),
  )
  const fact = recordset(
    rows,
    sql`fact (chunk int, ordinal int, type text, data jsonb, confidence float8, context jsonb)`,
  )
  return sql`
    select project_id, source_id, run_id, source_group, profile, index, ordinal, type, data, confidence, context
    from ${fact} join ${chunkSet(chunks)} using (chunk)`
}

/** Those that are not there, in the order of the key, so that two workers that name the same ones wait and do not deadlock. */
function insertEntities(db: Pick<Session, 'insertInto'>, mentions: RawBuilder<unknown>) {
  return db
    .insertInto('entities')
    .columns(['project_id', 'source_group', 'entity_type', 'value', 'normalized_value'])
    .expression(sql`
      select distinct on (project_id, source_group, type, normalized)
        project_id, source_group, type, value, normalized
      from ${mentions} order by project_id, source_group, type, normalized, chunk, ordinal`)
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'source_group', 'entity_type', 'normalized_value'])
        .doNothing(),
    )
}

async function insertLinks(session: Session, mentions: RawBuilder<unknown>): Promise<void> {
  await session
    .insertInto('extraction_entities')
    .columns(['extraction_id', 'entity_id'])
    .expression(sql`
      select extraction.id, entity.id from ${mentions}
      join extractions extraction on extraction.run_id = chunk_set.run_id
        and extraction.chunk_index = chunk_set.index and extraction.ordinal = mention.ordinal
      join entities entity on entity.project_id = chunk_set.project_id
        and entity.source_group = chunk_set.source_group and entity.entity_type = mention.type
        and entity.normalized_value = mention.normalized`)
    .execute()
}

async function insertRejects(session: Session, chunks: readonly StoredChunk[]): Promise<void> {
  const rows = chunks.flatMap(({ rejects }, chunk) =>
    rejects.map(({ reason, data }, ordinal) => ({ chunk, ordinal, reason, data })),
  )
  const reject = recordset(rows, sql`reject (chunk int, ordinal int, reason text, data jsonb)`)
  await session
    .insertInto('extraction_rejects')
    .columns(['run_id', 'chunk_index', 'ordinal', 'reason', 'data'])
    .expression(
      sql`select run_id, index, ordinal, reason, nullif(data, 'null')
        from ${reject} join ${chunkSet(chunks)} using (chunk)`,
    )
    .execute()
}

/** The chunks as a table: `chunk` is their place in the array. */
function chunkSet(chunks: readonly StoredChunk[]) {
  const rows = chunks.map(({ id, index, projectId, sourceId, sourceGroup, profile }, chunk) => {
    const source = { project_id: projectId, source_id: sourceId, source_group: sourceGroup }
    return { chunk, run_id: id, index, profile, ...source }
  })
  return recordset(
    rows,
    sql`chunk_set (chunk int, run_id uuid, index int, project_id uuid, source_id uuid, source_group text, profile text)`,
  )
}

/** The rows of a JSON array, as a table: one parameter, however many they are. Only SQL can name its columns. */
export function recordset(rows: readonly object[], table: RawBuilder<unknown>) {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as ${table}`
}
