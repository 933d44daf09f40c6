import { sql, type RawBuilder } from 'kysely'
import type { Session } from '../database.ts'
import type { FoundFact } from '../extraction/extractor.ts'
import type { Reject } from '../extraction/review.ts'
import type { Room } from '../extraction/bounds.ts'

/** A reading of a source that is under way, or was finished by an earlier attempt. */
export type Run = {
  readonly id: string
  readonly projectId: string
  readonly sourceId: string
  readonly sourceGroup: string
  readonly profile: string
  readonly chunksDone: number
  readonly isCurrent: boolean
  /** What the bounds of a source leave for the chunks that are not done. */
  readonly room: Room
}

/** Stores the facts of a chunk, in one statement however many they are. */
export async function insertExtractions(
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
  const fact = recordset(
    rows,
    sql`ordinal int, type text, data jsonb, confidence float8, context jsonb`,
  )
  await session
    .insertInto('extractions')
    .columns([
      ...(['project_id', 'source_id', 'run_id', 'source_group', 'profile_used'] as const),
      ...(['chunk_index', 'ordinal', 'extraction_type', 'data', 'confidence'] as const),
      'chunk_context',
    ])
    .expression(sql`
      select ${run.projectId}::uuid, ${run.sourceId}::uuid, ${run.id}::uuid, ${run.sourceGroup},
        ${run.profile}, ${chunk}::int, ordinal, type, data, confidence, context from ${fact}`)
    .execute()
}

/** Stores what of a chunk was rejected. */
export async function insertRejects(
  session: Session,
  run: Run,
  chunk: number,
  rejects: readonly Reject[],
): Promise<void> {
  const rows = rejects.map(({ reason, data }, ordinal) => ({ ordinal, reason, data }))
  const reject = recordset(rows, sql`ordinal int, reason text, data jsonb`)
  await session
    .insertInto('extraction_rejects')
    .columns(['run_id', 'chunk_index', 'ordinal', 'reason', 'data'])
    .expression(
      sql`select ${run.id}::uuid, ${chunk}::int, ordinal, reason, nullif(data, 'null') from ${reject}`,
    )
    .execute()
}

/** Makes the entities that a chunk's facts mention and that are not there, and links the facts to them. */
export async function linkEntities(
  session: Session,
  run: Run,
  chunk: number,
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
    .insertInto('entities')
    .columns(['project_id', 'source_group', 'entity_type', 'value', 'normalized_value'])
    // In the order of the key, so that two workers that name the same entities wait and do not deadlock.
    .expression(sql`
      select distinct on (type, "normalizedValue")
        ${run.projectId}::uuid, ${run.sourceGroup}, type, value, "normalizedValue"
      from ${mention} order by type, "normalizedValue", ordinal`)
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'source_group', 'entity_type', 'normalized_value'])
        .doNothing(),
    )
    .execute()
  await session
    .insertInto('extraction_entities')
    .columns(['extraction_id', 'entity_id'])
    .expression(sql`
      select extraction.id, entity.id from ${mention}
      join extractions extraction on extraction.run_id = ${run.id} and extraction.chunk_index = ${chunk}
        and extraction.ordinal = recordset.ordinal
      join entities entity on entity.project_id = ${run.projectId}
        and entity.source_group = ${run.sourceGroup} and entity.entity_type = recordset.type
        and entity.normalized_value = recordset."normalizedValue"`)
    .execute()
}

/** The rows of a JSON array, as a table: one parameter, however many they are. Only SQL can name its columns. */
function recordset(rows: readonly object[], columns: RawBuilder<unknown>) {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as recordset (${columns})`
}
