import { sql } from 'kysely'
import type { Session } from '../database.ts'
import { readPage } from '../page.ts'
import type { ExtractionFilter, ExtractionView } from '../schemas/extraction.ts'
import type { Page } from '../schemas/page.ts'
import { readProject } from './projects.ts'

/**
 * The extractions of the current runs of a project, in the order in which they were found. What was
 * extracted before there were runs is current, and says neither its quote nor its extractor.
 *
 * @throws DomainError project_not_found
 */
export async function listExtractions(
  session: Session,
  projectId: string,
  asked: ExtractionFilter,
): Promise<Page<ExtractionView>> {
  await readProject(session, projectId)
  const order = {
    keys: { created_at: 'timestamptz', ordinal: 'int4', id: 'uuid' },
    direction: 'asc',
  } as const
  return readPage(session, selectExtractions(session, projectId, asked), order, asked)
}

/** @public also what the test of its plans explains. */
export function selectExtractions(
  session: Session,
  projectId: string,
  { profile, type, group, source_id: source, min_confidence: least, q }: ExtractionFilter,
) {
  return session
    .selectFrom('extractions as e')
    .leftJoin('extraction_runs as r', 'r.id', 'e.run_id')
    .select([
      ...['e.id', 'e.project_id', 'e.source_id', 'e.source_group', 'e.extraction_type', 'e.data'] as const,
      ...['e.confidence', 'e.profile_used', 'e.chunk_index', 'e.ordinal', 'e.created_at'] as const,
      ...['r.extractor', 'r.schema_version'] as const,
    ])
    .select(({ ref }) => [
      sql<boolean>`coalesce(${ref('r.is_stale')}, false)`.as('stale'),
      sql<string | null>`${OWN} ->> 'quote'`.as('quote'),
      // Places in a text that is gone say nothing about the text that took its place.
      sql<number | null>`case when not ${ref('r.is_stale')} then (${OWN} ->> 'start')::int end`.as('start'),
      sql<number | null>`case when not ${ref('r.is_stale')} then (${OWN} ->> 'end')::int end`.as('end'),
      sql<string[] | null>`${OWN} -> 'heading_path'`.as('heading_path'),
      sql<ExtractionView['confidence_parts']>`${OWN} -> 'confidence_parts'`.as('confidence_parts'),
    ])
    .where('e.project_id', '=', projectId)
    .where(({ or, eb }) => or([eb('r.id', 'is', null), eb('r.is_current', '=', true)]))
    .$if(profile !== undefined, (query) => query.where('e.profile_used', '=', profile ?? null))
    .$if(type !== undefined, (query) => query.where('e.extraction_type', '=', type ?? ''))
    .$if(group !== undefined, (query) => query.where('e.source_group', '=', group ?? ''))
    .$if(source !== undefined, (query) => query.where('e.source_id', '=', source ?? ''))
    .$if(least !== undefined, (query) => query.where('e.confidence', '>=', least ?? 0))
    .$if(q !== undefined, (query) =>
      query.where(sql<boolean>`${DOCUMENT} @@ websearch_to_tsquery('english', ${q})`),
    )
}

/** What its run knew of it. */
const OWN = sql`(case when r.id is not null then e.chunk_context end)`

/**
 * The words of `data`, as the index has them. A tsvector holds a megabyte; what may need more cannot be looked
 * for by word.
 */
const DOCUMENT = sql.raw(
  `to_tsvector('english', case when octet_length(e.data::text) <= 200000 then e.data else '{}' end)`,
)
