import { isRecord, nodesIn } from '../sql/nodes.ts'
import { parseSql, scanSql, type Token } from '../sql/parse.ts'
import { isQuery } from './recorded-query.ts'

/**
 * The queries of a text that was sent, without comments and without the values that a driver has written into it. A text
 * that has parameters keeps its literals: its values go beside it, and what is left is the program's own.
 */
export async function withoutValues(text: string): Promise<BareQuery[]> {
  const queries: BareQuery[] = []
  for (const { sql, node } of await parseSql(text).catch(() => []))
    if (isQuery(node)) queries.push(await rewrite(sql))
  return queries
}

export interface BareQuery {
  readonly sql: string
  /** False where a value stood in a place in which no parameter can. */
  readonly isRead: boolean
}

/** What is written instead of a part of a text. */
interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
}

async function rewrite(commented: string): Promise<BareQuery> {
  // First of all: a comment may stand in the middle of what is replaced.
  const sql = await withoutComments(commented)
  const [statement] = await parseSql(sql)
  const hasParameters = nodesIn(statement?.node, 'ParamRef').length > 0
  if (hasParameters) return { sql, isRead: true }
  const changes = replaceValues(statement?.node, await scanSql(sql), Buffer.from(sql, 'utf8'))
  const rewritten = applyChanges(sql, changes)
  const isRead = await parseSql(rewritten).then(
    ({ length }) => length === 1,
    () => false,
  )
  return { sql: rewritten, isRead }
}

async function withoutComments(sql: string): Promise<string> {
  const comments = (await scanSql(sql)).filter(({ text }) => /^(?:--|\/\*)/.test(text))
  return applyChanges(
    sql,
    comments.map(({ start, end }) => ({ start, end, text: ' ' })),
  )
}

/** In the order of the text. */
function applyChanges(sql: string, changes: readonly Change[]): string {
  const bytes = Buffer.from(sql, 'utf8')
  let last = 0
  const parts: string[] = []
  for (const { start, end, text } of changes) {
    parts.push(bytes.toString('utf8', last, start), text)
    last = end
  }
  return [...parts, bytes.toString('utf8', last)].join('').trim()
}

function replaceValues(tree: unknown, tokens: readonly Token[], bytes: Buffer): Change[] {
  const places = new Map(tokens.map(({ start }, place) => [start, place]))
  const changes: Change[] = []
  // The parser's tree has the row of `set (a, b) = (1, 2)` once for each column.
  const literals = new Map(listLiterals(tree).map((literal) => [literal.start, literal]))
  for (const { start, type } of [...literals.values()].toSorted((a, b) => a.start - b.start)) {
    // A number may have its sign before it, and parentheses between the two.
    const rest = tokens.slice(places.get(start))
    const at = rest.findIndex(({ text }) => text !== '-' && text !== '(')
    const value = rest[at]
    // EXTRACT and its like have words that the parser takes for texts.
    if (!value || !LITERAL.test(value.text)) continue
    const isBare = rest.slice(0, at).every(({ text }) => text === '-')
    const parameter = `$${changes.length + 1}`
    const cast =
      type === undefined ? castOf(value.text) : `::${bytes.toString('utf8', type, start).trim()}`
    const begin = type ?? (isBare ? start : value.start)
    changes.push({ start: begin, end: value.end, text: parameter + cast })
  }
  return changes
}

const LITERAL = /^(?:[\d.]|[A-Za-z]?'|[Uu]&'|\$)/

/** A number says its type by its form; a text takes the one that is expected. */
function castOf(text: string): string {
  if (!/^[\d.]/.test(text)) return ''
  if (!/^\d+$/.test(text) || BigInt(text) > 0x7fff_ffff_ffff_ffffn) return '::numeric'
  return Number(text) > 0x7fffffff ? '::bigint' : '::int'
}

interface Literal {
  /** In bytes. */
  readonly start: number
  readonly isNumber: boolean
  /** Where the type begins that is written before it, as in `date '2026-01-01'`. */
  readonly type?: number
}

/** A number right there is the place of a column, a size or a count of rows; one in an expression may be a value. */
const PLACES = new Set(['typmods', 'sortClause', 'groupClause', 'limitCount', 'limitOffset'])

/** What the parser puts around such a number. */
const AROUND = new Set(['SortBy', 'node', 'GroupingSet', 'content', 'RowExpr', 'args'])

/** The literals that may be values: all texts, and numbers where a value can be. */
function listLiterals(value: unknown, isPlace = false): Literal[] {
  if (Array.isArray(value)) return value.flatMap((one) => listLiterals(one, isPlace))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, held]) => {
    if (key === 'A_Const' && isRecord(held))
      return toLiteral(held).filter(({ isNumber }) => !(isNumber && isPlace))
    const inside = listLiterals(held, PLACES.has(key) || (isPlace && AROUND.has(key)))
    const type = key === 'TypeCast' ? typeBefore(held) : undefined
    return type === undefined ? inside : inside.map((literal) => ({ ...literal, type }))
  })
}

function toLiteral(node: Readonly<Record<string, unknown>>): Literal[] {
  const isNumber = 'ival' in node || 'fval' in node
  if (!isNumber && !('sval' in node) && !('bsval' in node)) return []
  return [{ start: startOf(node), isNumber }]
}

/** The parser gives a cast that is written as `type 'literal'` no place of its own. */
function typeBefore(cast: unknown): number | undefined {
  if (!isRecord(cast) || cast['location'] !== -1 || !isRecord(cast['typeName'])) return undefined
  return startOf(cast['typeName'])
}

/** What is at the very beginning has no location in the parser's JSON. */
function startOf({ location }: Readonly<Record<string, unknown>>): number {
  return typeof location === 'number' ? location : 0
}
