import { types, type ClientBase, type FieldDef } from 'pg'
import type { PostgresError } from '../errors/postgres-error.ts'
import { readParts, type QueryParts } from '../releases/query-parameters.ts'
import type { RecordedQuery } from '../releases/recorded-query.ts'
import { readValueMaker, type MakeValue } from '../rows/index.ts'
import { asApplication } from './as-application.ts'
import { chooseValues, QuerySamples, type ParameterType, type Sample } from './query-values.ts'
import { deleteReplaced, findReplaced, type ReplacedRow } from './replaced-rows.ts'

/** A recorded query, with values for its parameters. */
export interface PlayableQuery {
  readonly query: RecordedQuery
  readonly parts: QueryParts
  readonly values: readonly (string | null)[]
  readonly replaced: readonly ReplacedRow[]
}

/** What came of a recorded query. */
export interface QueryAnswer {
  readonly playable: PlayableQuery
  readonly refusal?: PostgresError
  /** The columns of its result, by their names. */
  readonly columns: ReadonlyMap<string, ParameterType>
}

/** Also of what has taken too long. */
const CANCELED = '57014'

/** Another row is tried where a query is refused with the values of one. */
const TRIES = [0, 1, 2]

/**
 * Sends queries with values that are made from the rows that are there; nothing of it stays. A query that was played
 * before has the values of that time, unless it was refused with them.
 */
export async function playQueries(
  client: ClientBase,
  queries: readonly RecordedQuery[],
  before: readonly QueryAnswer[] = [],
): Promise<QueryAnswer[]> {
  if (queries.length === 0) return []
  const tools = { samples: new QuerySamples(client), make: await readValueMaker(client, 1) }
  const answers: QueryAnswer[] = []
  for (const [index, query] of queries.entries()) {
    const known = before[index]
    const answer =
      known && !known.refusal
        ? await play(client, known.playable)
        : await playFirst(client, query, tools)
    answers.push(answer)
  }
  return answers
}

interface Tools {
  readonly samples: QuerySamples
  readonly make: MakeValue
}

async function playFirst(
  client: ClientBase,
  query: RecordedQuery,
  { samples: known, make }: Tools,
): Promise<QueryAnswer> {
  const parts = await readParts(query.sql)
  const found = await readTypes(client, query.sql)
  const bare = { query, parts, values: [], replaced: [] }
  if (!Array.isArray(found)) return { playable: bare, refusal: found, columns: new Map() }
  const samples = new Map<string, Sample>()
  for (const relation of parts.relations)
    if (!samples.has(relation.alias)) samples.set(relation.alias, await known.of(relation))
  const source = { parts, types: found, samples, byHand: query.values, make }
  const refused: QueryAnswer[] = []
  for (const row of TRIES) {
    const values = chooseValues(source, row)
    const replaced = await findAllReplaced(client, parts, samples, row)
    const answer = await play(client, { query, parts, values, replaced })
    // What takes a minute with one row is not waited for with another.
    if (!answer.refusal || answer.refusal.sqlstate === CANCELED) return answer
    refused.push(answer)
  }
  return refused[0] ?? { playable: bare, columns: new Map() }
}

async function findAllReplaced(
  client: ClientBase,
  { inserted, parameters }: QueryParts,
  samples: ReadonlyMap<string, Sample>,
  first: number,
): Promise<ReplacedRow[]> {
  const found: ReplacedRow[] = []
  for (const relation of inserted) {
    const sample = samples.get(relation.alias)
    const rows = new Set([...parameters.values()].map(({ row }) => first + row))
    for (const row of sample ? rows : []) {
      const replaced = sample && (await findReplaced(client, relation, sample, row))
      if (replaced) found.push(replaced)
    }
  }
  return found
}

const PREPARE = 'prepare recorded_query as '

/** The types that PostgreSQL finds for the parameters, or why it does not read the text. */
async function readTypes(
  client: ClientBase,
  sql: string,
): Promise<ParameterType[] | PostgresError> {
  const read = await asApplication(client, async () => {
    await client.query(PREPARE + sql)
    const { rows } = await client.query<ParameterType>(
      `select p.oid::pg_catalog.oid::text as oid, pg_catalog.format_type(p.oid, null) as name
         from pg_catalog.pg_prepared_statements s, pg_catalog.unnest(s.parameter_types) with ordinality p (oid, number)
        where s.name = 'recorded_query' order by p.number`,
    )
    await client.query('deallocate recorded_query')
    return rows
  })
  if (Array.isArray(read) || read.position === undefined) return read
  return { ...read, position: read.position - PREPARE.length }
}

async function play(client: ClientBase, playable: PlayableQuery): Promise<QueryAnswer> {
  const { query, values, replaced } = playable
  const answer = await asApplication(client, async () => {
    await deleteReplaced(client, replaced)
    const { fields } = await client.query(query.sql, [...values])
    // What is checked at the end of a transaction belongs to the query, too.
    await client.query('set constraints all immediate')
    return { columns: await nameTypes(client, fields) }
  })
  if ('columns' in answer) return { playable, columns: answer.columns }
  return { playable, refusal: answer, columns: new Map() }
}

async function nameTypes(
  client: ClientBase,
  fields: readonly FieldDef[],
): Promise<Map<string, ParameterType>> {
  const { rows } = await client.query<{ name: string }>(
    `select pg_catalog.format_type(oid, null) as name
       from pg_catalog.unnest($1::oid[]) with ordinality t (oid, place) order by place`,
    [fields.map(({ dataTypeID }) => dataTypeID)],
  )
  return new Map(
    fields.map(({ name, dataTypeID }, place) => [
      name,
      { oid: String(dataTypeID), name: rows[place]?.name ?? '' },
    ]),
  )
}

/** What of a result is not as it was: a column that has gone, or whose values a program gets as something else. */
export function findChange(before: QueryAnswer, after: QueryAnswer): ChangedColumn | undefined {
  for (const [column, was] of before.columns) {
    const is = after.columns.get(column)
    if (!is) return { column, how: `its result has no column ${column} any more` }
    if (parserOf(was) !== parserOf(is))
      return { column, how: `column ${column} of its result is ${is.name} instead of ${was.name}` }
  }
  return undefined
}

export interface ChangedColumn {
  readonly column: string
  readonly how: string
}

const { getTypeParser }: { getTypeParser: (oid: number, format: 'text') => unknown } = types

/** Types that pg reads in the same way are the same for a program. */
function parserOf({ oid }: ParameterType): unknown {
  return getTypeParser(Number(oid), 'text')
}
