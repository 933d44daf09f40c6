import { sql, type Expression, type InferResult } from 'kysely'
import type { Session } from '../database.ts'
import type { JsonText } from '../json-text.ts'
import { compilePage } from '../page.ts'
import type { ExtractionFilter, ExtractionView } from '../schemas/extraction.ts'
import type { Page } from '../schemas/page.ts'
import { compileRareness, hasWords } from './fact-words.ts'
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
): Promise<JsonText<Page<ExtractionView>>> {
  const given = { projectId, ...filter }
  const isSorted = filter.q !== undefined && (await isRare(session, given))
  const find = isSorted ? findSortedPage : findPage
  const { page, isEmpty } = await find(session, given, { limit, after })
  if (isEmpty) await readProject(session, projectId)
  return page
}

type Given = Filter & { readonly projectId: string }

const LIST = {
  order: {
    keys: { created_at: 'timestamptz', ordinal: 'int4', id: 'uuid' },
    direction: 'asc',
  },
  view: viewExtractions,
} as const
const FILTERS = ['profile', 'type', 'group', 'source_id', 'min_confidence'] as const

/** Walks through the facts in the order of pages. */
const findPage = compilePage({
  ...LIST,
  filters: [...FILTERS, 'q'],
  select: (session, { projectId, ...filter }: Given) =>
    selectCurrent(session, selectFacts(session, projectId, filter), true).where(
      isActive(session, projectId),
    ),
})

/**
 * Finds all facts by the index of their words, and sorts them, before it looks at their runs: only those of the page are needed.
 * That is the plan for whatever words, so it is made once.
 */
const findSortedPage = compilePage({
  ...LIST,
  filters: FILTERS,
  select(session, { projectId, ...filter }: Given) {
    // With OFFSET they are found apart from their order.
    const found = selectFacts(session, projectId, filter).offset(sql.lit(0))
    const sorted = session.selectFrom(found.as('found')).selectAll()
    const inOrder = sorted.orderBy('created_at').orderBy('ordinal').orderBy('id')
    return selectCurrent(session, inOrder, true).where(isActive(session, projectId))
  },
})

const isRare = compileRareness<Given>((session, { projectId, ...filter }) => ({
  found: selectFacts(session, projectId, filter),
  all: selectFacts(session, projectId, { ...filter, q: undefined }),
}))

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

/**
 * Of these facts the current ones, with what is known of their runs. For a page each run is looked up: only those of a page
 * are needed, and all the others would be read to join them.
 */
export function selectCurrent(session: Session, facts: Expression<Fact>, isPage = false) {
  return session
    .selectFrom(sql<Fact>`(${facts})`.as<'e'>(sql.ref('e')))
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('extraction_runs')
          .select(['id', 'extractor', 'schema_version', 'is_stale', 'is_current'])
          .whereRef('extraction_runs.id', '=', 'e.run_id')
          .$if(isPage, (runs) => runs.offset(sql.lit(0)))
          .as('r'),
      (join) => join.onTrue(),
    )
    .selectAll('e')
    .select(['r.extractor', 'r.schema_version', 'r.is_stale'])
    .where((eb) => eb.or([eb('r.id', 'is', null), eb('r.is_current', '=', true)]))
}

type Fact = InferResult<ReturnType<typeof selectFacts>>[number]
type Current = InferResult<ReturnType<typeof selectCurrent>>[number]

/** Current facts as they are shown. */
export function viewExtractions(session: Session, current: Expression<Current>) {
  return session
    .selectFrom(sql<Current>`${current}`.as<'e'>(sql.ref('e')))
    .select(['id', 'project_id', 'source_id', 'source_group', 'extraction_type', 'data'])
    .select((eb) => [
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
      // Of a float8 the driver makes a number; MikroORM's type allows for others.
      eb.ref('confidence').$castTo<number | null>().as('confidence'),
      own<{ part: string; points: number }[]>('confidence_parts', 'jsonb').as('confidence_parts'),
    ])
    .select(['extractor', 'profile_used', 'schema_version', 'chunk_index', 'created_at'])
}

/** What its run knew of it; a legacy one may have anything there. */
function own<Value>(field: string, type: 'int' | 'jsonb' | 'text') {
  const name = sql.lit(field)
  const value = type === 'jsonb' ? sql`-> ${name}` : sql`->> ${name}`
  return sql<Value | null>`(case when e.run_id is not null then e.chunk_context end ${value})::${sql.raw(type)}`
}
