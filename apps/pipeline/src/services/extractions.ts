import { sql, type SqlBool } from 'kysely'
import type { Session } from '../database.ts'
import { readPage } from '../page.ts'
import { preparedUnless } from '../prepared.ts'
import type { ExtractionFilter, ExtractionView } from '../schemas/extraction.ts'
import type { Page } from '../schemas/page.ts'
import { isActive, readProject } from './projects.ts'

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
  const order = {
    keys: { created_at: 'timestamptz', ordinal: 'int4', id: 'uuid' },
    direction: 'asc',
  } as const
  const list = selectExtractions(session, projectId, asked).where(isActive(session, projectId))
  const { limit, after, ...filter } = asked
  const found = await readPage(preparedUnless(session, filter), list, order, { limit, after })
  if (found.items.length === 0) await readProject(session, projectId)
  return found
}

/** @public also what the test of its plans explains. */
export function selectExtractions(session: Session, projectId: string, asked: ExtractionFilter) {
  const { profile, type, group, source_id: source, min_confidence: least, q } = asked
  return session
    .selectFrom('extractions as e')
    .leftJoin('extraction_runs as r', 'r.id', 'e.run_id')
    .select(['e.id', 'e.project_id', 'e.source_id', 'e.source_group', 'e.extraction_type'])
    .select(['e.data', 'e.profile_used', 'e.chunk_index', 'e.ordinal', 'e.created_at'])
    .select(['r.extractor', 'r.schema_version'])
    .select((eb) => [
      // Of a float8 the driver makes a number; MikroORM's type allows for others.
      eb.ref('e.confidence').$castTo<number | null>().as('confidence'),
      sql<boolean>`coalesce(${eb.ref('r.is_stale')}, false)`.as('stale'),
      own<string>('quote', 'text').as('quote'),
      // Places in a text that is gone say nothing about the text that took its place.
      sql<number | null>`case when not ${eb.ref('r.is_stale')} then ${own('start', 'int')} end`.as(
        'start',
      ),
      sql<number | null>`case when not ${eb.ref('r.is_stale')} then ${own('end', 'int')} end`.as(
        'end',
      ),
      own<string[]>('heading_path', 'jsonb').as('heading_path'),
      own<{ part: string; points: number }[]>('confidence_parts', 'jsonb').as('confidence_parts'),
    ])
    .where((eb) => eb.or([eb('r.id', 'is', null), eb('r.is_current', '=', true)]))
    .where((eb) =>
      eb.and([
        eb.and({
          'e.project_id': projectId,
          ...(profile !== undefined && { 'e.profile_used': profile }),
          ...(type !== undefined && { 'e.extraction_type': type }),
          ...(group !== undefined && { 'e.source_group': group }),
          ...(source !== undefined && { 'e.source_id': source }),
        }),
        ...(least === undefined ? [] : [eb('e.confidence', '>=', least)]),
        ...(q === undefined ? [] : [matches(q)]),
      ]),
    )
}

/** What its run knew of it; a legacy one may have anything there. */
function own<Value>(field: string, type: 'int' | 'jsonb' | 'text') {
  const name = sql.lit(field)
  const value = type === 'jsonb' ? sql`-> ${name}` : sql`->> ${name}`
  return sql<Value | null>`(case when r.id is not null then e.chunk_context end ${value})::${sql.raw(type)}`
}

/**
 * The words of `data`, in the expression that the index is over. A tsvector holds a megabyte; what may need more
 * cannot be looked for by word.
 */
function matches(words: string) {
  return sql<SqlBool>`to_tsvector('english', case when octet_length(e.data::text) <= 200000 then e.data else '{}' end)
    @@ websearch_to_tsquery('english', ${words})`
}
