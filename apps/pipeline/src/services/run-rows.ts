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
}

/**
 * Stores the facts of a chunk and the entities that they mention, in one statement however many they are, and then the
 * links between them: only the next statement sees entities that another worker has made meanwhile.
 */
export async function insertFacts(
  session: Session,
  chunk: StoredChunk,
  facts: readonly FoundFact[],
): Promise<void> {
  const mentions = facts.flatMap(({ entities }, ordinal) =>
    entities.map(({ type, value, normalizedValue }) => ({ ordinal, type, value, normalizedValue })),
  )
  const mention = recordset(
    mentions,
    sql`ordinal int, type text, value text, "normalizedValue" text`,
  )
  await session
    .with('named', (db) => insertEntities(db, chunk, mention))
    .insertInto('extractions')
    .columns([
      ...(['project_id', 'source_id', 'run_id', 'source_group', 'profile_used'] as const),
      ...(['chunk_index', 'ordinal', 'extraction_type', 'data', 'confidence'] as const),
      'chunk_context',
    ])
    .expression(selectFacts(chunk, facts))
    .execute()
  if (mentions.length > 0) await insertLinks(session, chunk, mention)
}

function selectFacts(chunk: StoredChunk, facts: readonly FoundFact[]) {
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
  const fact = recordset(
    rows,
    sql`ordinal int, type text, data jsonb, confidence float8, context jsonb`,
  )
  return sql`
    select ${chunk.projectId}::uuid, ${chunk.sourceId}::uuid, ${chunk.id}::uuid, ${chunk.sourceGroup},
      ${chunk.profile}, ${chunk.index}::int, ordinal, type, data, confidence, context from ${fact}`
}

/** Those that are not there, in the order of the key, so that two workers that name the same ones wait and do not deadlock. */
function insertEntities(
  db: Pick<Session, 'insertInto'>,
  chunk: StoredChunk,
  mention: RawBuilder<unknown>,
) {
  return db
    .insertInto('entities')
    .columns(['project_id', 'source_group', 'entity_type', 'value', 'normalized_value'])
    .expression(sql`
      select distinct on (type, "normalizedValue")
        ${chunk.projectId}::uuid, ${chunk.sourceGroup}, type, value, "normalizedValue"
      from ${mention} order by type, "normalizedValue", ordinal`)
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'source_group', 'entity_type', 'normalized_value'])
        .doNothing(),
    )
}

async function insertLinks(
  session: Session,
  chunk: StoredChunk,
  mention: RawBuilder<unknown>,
): Promise<void> {
  await session
    .insertInto('extraction_entities')
    .columns(['extraction_id', 'entity_id'])
    .expression(sql`
      select extraction.id, entity.id from ${mention}
      join extractions extraction on extraction.run_id = ${chunk.id} and extraction.chunk_index = ${chunk.index}
        and extraction.ordinal = recordset.ordinal
      join entities entity on entity.project_id = ${chunk.projectId}
        and entity.source_group = ${chunk.sourceGroup} and entity.entity_type = recordset.type
        and entity.normalized_value = recordset."normalizedValue"`)
    .execute()
}

/** Stores what of a chunk was rejected. */
export async function insertRejects(
  session: Session,
  chunk: StoredChunk,
  rejects: readonly Reject[],
): Promise<void> {
  const rows = rejects.map(({ reason, data }, ordinal) => ({ ordinal, reason, data }))
  const reject = recordset(rows, sql`ordinal int, reason text, data jsonb`)
  await session
    .insertInto('extraction_rejects')
    .columns(['run_id', 'chunk_index', 'ordinal', 'reason', 'data'])
    .expression(
      sql`select ${chunk.id}::uuid, ${chunk.index}::int, ordinal, reason, nullif(data, 'null') from ${reject}`,
    )
    .execute()
}

/** The rows of a JSON array, as a table: one parameter, however many they are. Only SQL can name its columns. */
function recordset(rows: readonly object[], columns: RawBuilder<unknown>) {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as recordset (${columns})`
}
