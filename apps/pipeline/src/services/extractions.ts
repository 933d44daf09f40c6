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
 * @throws Problem project_not_found
 */
export async function listExtractions(
  session: Session,
  projectId: string,
  asked: ExtractionFilter,
): Promise<Page<ExtractionView>> {
  await readProject(session, projectId)
  const { profile, min_confidence: least, q } = asked
  const extractions = sql`
    select e.id, e.project_id, e.source_id, e.source_group, e.extraction_type, e.data,
      context ->> 'quote' as quote, (context ->> 'start')::int as start, (context ->> 'end')::int as "end",
      context -> 'heading_path' as heading_path, e.confidence,
      context -> 'confidence_parts' as confidence_parts,
      r.extractor, e.profile_used, e.chunk_index, e.ordinal, e.created_at
    from extractions e left join extraction_runs r on r.id = e.run_id
    cross join lateral (select case when r.id is not null then e.chunk_context end as context) as own
    where e.project_id = ${projectId} and (r.id is null or r.is_current)
      ${profile === undefined ? sql`` : sql`and e.profile_used = ${profile}`}
      ${least === undefined ? sql`` : sql`and e.confidence >= ${least}`}
      ${q === undefined ? sql`` : sql`and ${DOCUMENT} @@ websearch_to_tsquery('english', ${q})`}`
  const keys = { created_at: 'timestamptz', ordinal: 'int4', id: 'uuid' } as const
  return readPage(session, extractions, { keys, direction: 'asc' }, asked)
}

/** The words of `data`. A tsvector holds a megabyte; what may need more cannot be looked for by word. */
const DOCUMENT = sql.raw(
  `to_tsvector('english', case when octet_length(e.data::text) <= 200000 then e.data else '{}' end)`,
)
