import { sql, type Expression, type InferResult } from 'kysely'
import type { Session } from '../database.ts'
import { readPage } from '../page.ts'
import { preparedUnless } from '../prepared.ts'
import type { ExtractionFilter, ExtractionView } from '../schemas/extraction.ts'
import type { Page } from '../schemas/page.ts'
import { hasWords, isRare } from './fact-words.ts'
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
  { limit, after, ...filter }: ExtractionFilter,
): Promise<Page<ExtractionView>> {
  const order = {
    keys: { created_at: 'timestamptz', ordinal: 'int4', id: 'uuid' },
    direction: 'asc',
  } as const
  const facts = await findFacts(session, projectId, filter)
  const current = selectCurrent(session, facts).where(isActive(session, projectId))
  const own = preparedUnless(session, filter)
  const view = (rows: Expression<Current>) => viewExtractions(session, rows)
  const found = await readPage(own, current, order, { limit, after }, view)
  if (found.items.length === 0) await readProject(session, projectId)
  return found
}

/** The facts that are asked for; with OFFSET they are all found before they are sorted, by the index of their words. */
async function findFacts(session: Session, projectId: string, filter: Filter) {
  const facts = selectFacts(session, projectId, filter)
  if (filter.q === undefined) return facts
  const all = selectFacts(session, projectId, { ...filter, q: undefined })
  return (await isRare(session, facts, all)) ? facts.offset(sql.lit(0)) : facts
}

/** @public also what reports are made from. */
export function selectFacts(session: Session, projectId: string, filter: Filter) {
  const { profile, type, group, source_id: source, min_confidence: least, q } = filter
  return session
    .selectFrom('extractions')
    .select(['id', 'project_id', 'source_id', 'source_group', 'extraction_type', 'data'])
    .select(['profile_used', 'chunk_index', 'ordinal', 'created_at', 'confidence', 'run_id'])
    .select('chunk_context')
    .where((eb) =>
      eb.and([
        eb.and({
          project_id: projectId,
          ...(profile !== undefined && { profile_used: profile }),
          ...(type !== undefined && { extraction_type: type }),
          ...(group !== undefined && { source_group: group }),
          ...(source !== undefined && { source_id: source }),
        }),
        ...(least === undefined ? [] : [eb('confidence', '>=', least)]),
        ...(q === undefined ? [] : [hasWords(eb.ref('data'), q)]),
      ]),
    )
}

type Filter = Omit<ExtractionFilter, 'limit' | 'after'>

/** Of these facts the current ones, with what is known of their runs. */
export function selectCurrent(session: Session, facts: ReturnType<typeof selectFacts>) {
  return session
    .selectFrom(facts.as('e'))
    .leftJoin('extraction_runs as r', 'r.id', 'e.run_id')
    .selectAll('e')
    .select(['r.extractor', 'r.schema_version', 'r.is_stale'])
    .where((eb) => eb.or([eb('r.id', 'is', null), eb('r.is_current', '=', true)]))
}

type Current = InferResult<ReturnType<typeof selectCurrent>>[number]

/** Current facts as they are shown. */
export function viewExtractions(session: Session, current: Expression<Current>) {
  return session
    .selectFrom(sql<Current>`${current}`.as<'e'>(sql.ref('e')))
    .select(['id', 'project_id', 'source_id', 'source_group', 'extraction_type', 'data'])
    .select(['profile_used', 'chunk_index', 'ordinal', 'created_at', 'extractor', 'schema_version'])
    .select((eb) => [
      // Of a float8 the driver makes a number; MikroORM's type allows for others.
      eb.ref('confidence').$castTo<number | null>().as('confidence'),
      sql<boolean>`coalesce(${eb.ref('is_stale')}, false)`.as('stale'),
      own<string>('quote', 'text').as('quote'),
      // Places in a text that is gone say nothing about the text that took its place.
      sql<number | null>`case when not ${eb.ref('is_stale')} then ${own('start', 'int')} end`.as(
        'start',
      ),
      sql<number | null>`case when not ${eb.ref('is_stale')} then ${own('end', 'int')} end`.as(
        'end',
      ),
      own<string[]>('heading_path', 'jsonb').as('heading_path'),
      own<{ part: string; points: number }[]>('confidence_parts', 'jsonb').as('confidence_parts'),
    ])
}

/** What its run knew of it; a legacy one may have anything there. */
function own<Value>(field: string, type: 'int' | 'jsonb' | 'text') {
  const name = sql.lit(field)
  const value = type === 'jsonb' ? sql`-> ${name}` : sql`->> ${name}`
  return sql<Value | null>`(case when e.run_id is not null then e.chunk_context end ${value})::${sql.raw(type)}`
}
