import type { Node } from '@pgsql/types'
import { isRecord } from '../sql/nodes.ts'
import { parseSql, SyntaxProblem } from '../sql/parse.ts'

/** A statement that the program of a release really sent. Of its parameters no value is kept. */
export interface RecordedQuery {
  readonly sql: string
  /** Values that were written by hand, by the numbers of parameters; all others are made when it is played. */
  readonly values: Readonly<Record<string, string | null>>
  /** Where it is in its file, from 1. */
  readonly line: number
}

/** A query that the program sent with a value where no parameter can stand: without its values PostgreSQL does not read it. */
export interface UnrecordedQuery {
  /** With a parameter for each value. */
  readonly unrecorded: string
  /** Where it is in its file, from 1. */
  readonly line: number
}

/** What a file of recorded queries has. */
export interface RecordedQueries {
  readonly queries: readonly RecordedQuery[]
  readonly unrecorded: readonly UnrecordedQuery[]
}

/** A line that is no recorded query. */
export class LineProblem extends Error {
  override readonly name = 'LineProblem'
  readonly line: number

  constructor(line: number, reason: string, cause?: unknown) {
    super(reason, { cause })
    this.line = line
  }
}

/** Reads a file of recorded queries. Throws a {@link LineProblem}. */
export async function readQueries(text: string): Promise<RecordedQueries> {
  const queries: RecordedQuery[] = []
  const unrecorded: UnrecordedQuery[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const read = await readLine(line, index + 1)
    if ('sql' in read) queries.push(read)
    else unrecorded.push(read)
  }
  return { queries, unrecorded }
}

async function readLine(text: string, line: number): Promise<RecordedQuery | UnrecordedQuery> {
  const read = parseJson(text, line)
  if (isRecord(read) && typeof read['unrecorded'] === 'string' && Object.keys(read).length === 1)
    return { unrecorded: read['unrecorded'], line }
  if (!isRecord(read) || typeof read['sql'] !== 'string')
    throw new LineProblem(line, 'it has no "sql" with a text')
  const { sql, values = {}, ...others } = read
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new LineProblem(line, `"${unknown}" means nothing here`)
  if (!areValues(values))
    throw new LineProblem(
      line,
      '"values" must have numbers of parameters, each with a text or null',
    )
  const statements = await parseSql(sql).catch((error: unknown) => {
    if (!(error instanceof SyntaxProblem)) throw error
    throw new LineProblem(line, `PostgreSQL does not read its SQL: ${error.reason}`, error)
  })
  const [statement] = statements
  if (!statement || statements.length > 1 || !isQuery(statement.node))
    throw new LineProblem(line, 'its SQL must be one SELECT, INSERT, UPDATE, DELETE or MERGE')
  return { sql, values, line }
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new LineProblem(line, 'it is not JSON', error)
  }
}

function areValues(values: unknown): values is RecordedQuery['values'] {
  if (!isRecord(values)) return false
  return Object.entries(values).every(
    ([number, value]) => /^[1-9]\d*$/.test(number) && (value === null || typeof value === 'string'),
  )
}

const QUERIES = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

/** True of what reads or writes rows, and changes nothing of a session or a schema. */
export function isQuery(node: Node): boolean {
  const [kind = ''] = Object.keys(node)
  return QUERIES.has(kind) && !JSON.stringify(node).includes('"intoClause"')
}

/** The text of a file, a line for each statement: what a difference of version control shows well. */
export function writeQueries(
  queries: readonly Pick<RecordedQuery, 'sql' | 'values'>[],
  unrecorded: readonly Pick<UnrecordedQuery, 'unrecorded'>[] = [],
): string {
  const lines = queries.map(({ sql, values }) =>
    JSON.stringify({ sql, ...(Object.keys(values).length > 0 && { values }) }),
  )
  return [...lines, ...unrecorded.map((one) => JSON.stringify(one))]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((line) => `${line}\n`)
    .join('')
}
