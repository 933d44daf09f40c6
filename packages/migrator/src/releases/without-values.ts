import { isRecord, nodesIn } from '../sql/nodes.ts'
import { parseSql, scanSql, type Token } from '../sql/parse.ts'
import { isQuery } from './recorded-query.ts'

/**
 * The queries of a text that was sent, without comments and without the values that a driver has written into it. A text
 * that has parameters keeps its literals: its values go beside it, and what is left is the program's own.
 */
export async function withoutValues(text: string): Promise<string[]> {
  const queries: string[] = []
  for (const { sql, node } of await parseSql(text).catch(() => []))
    if (isQuery(node)) queries.push(...(await rewrite(sql)))
  return queries
}

/** What is written instead of a part of a text. */
interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** None where a value stands in a place in which no parameter can. */
async function rewrite(sql: string): Promise<string[]> {
  const [statement] = await parseSql(sql)
  const bytes = Buffer.from(sql, 'utf8')
  const tokens = await scanSql(sql)
  const hasParameters = nodesIn(statement?.node, 'ParamRef').length > 0
  const changes = tokens
    .filter(({ text }) => /^(?:--|\/\*)/.test(text))
    .map(({ start, end }): Change => ({ start, end, text: ' ' }))
  if (!hasParameters) changes.push(...replaceValues(statement?.node, tokens, bytes))
  let last = 0
  const parts: string[] = []
  for (const { start, end, text } of changes.toSorted((a, b) => a.start - b.start)) {
    parts.push(bytes.toString('utf8', last, start), text)
    last = end
  }
  const rewritten = [...parts, bytes.toString('utf8', last)].join('').trim()
  const isRead = await parseSql(rewritten).then(
    ({ length }) => length === 1,
    () => false,
  )
  return isRead ? [rewritten] : []
}

function replaceValues(tree: unknown, tokens: readonly Token[], bytes: Buffer): Change[] {
  const places = new Map(tokens.map(({ start }, place) => [start, place]))
  const changes: Change[] = []
  for (const { start, type } of listLiterals(tree).toSorted((a, b) => a.start - b.start)) {
    const value = tokens.slice(places.get(start)).find(({ text }) => text !== '-')
    // EXTRACT and its like have words that the parser takes for texts.
    if (!value || !LITERAL.test(value.text)) continue
    const parameter = `$${changes.length + 1}`
    const cast =
      type === undefined ? castOf(value.text) : `::${bytes.toString('utf8', type, start).trim()}`
    changes.push({ start: type ?? start, end: value.end, text: parameter + cast })
  }
  return changes
}

const LITERAL = /^(?:[\d.]|[A-Za-z]?'|[Uu]&'|\$)/

/** A number says its type by its form; a text takes the one that is expected. */
function castOf(text: string): string {
  if (!/^[\d.]/.test(text)) return ''
  if (!/^\d+$/.test(text)) return '::numeric'
  return Number(text) > 0x7fffffff ? '::bigint' : '::int'
}

interface Literal {
  /** In bytes. */
  readonly start: number
  readonly isNumber: boolean
  /** Where the type begins that is written before it, as in `date '2026-01-01'`. */
  readonly type?: number
}

/** A number there is the place of a column, a size or a count of rows. */
const PLACES = new Set([
  'typmods',
  'sortClause',
  'groupClause',
  'limitCount',
  'limitOffset',
  'windowClause',
])

/** The literals that may be values: all texts, and numbers where a value can be. */
function listLiterals(value: unknown): Literal[] {
  if (Array.isArray(value)) return value.flatMap(listLiterals)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, held]) => {
    if (key === 'A_Const' && isRecord(held)) return toLiteral(held)
    const inside = listLiterals(held)
    if (PLACES.has(key)) return inside.filter(({ isNumber }) => !isNumber)
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
