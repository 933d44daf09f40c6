import { messageFrom } from '../errors/message-from.ts'
import type { Node, TypeName } from '@pgsql/types'
import type * as Parser from 'libpg-query'
import { setFlagsFromString } from 'node:v8'
import { checksum } from './checksum.ts'
import { refuseNul } from './nul.ts'

export interface ParsedStatement {
  /** The statement's own text, without the semicolon. */
  readonly sql: string
  readonly node: Node
  /** Where its text begins, in bytes of UTF-8: white space and comments before it included. */
  readonly start: number
}

/*
 * Parser and deparser are megabytes, loaded with the first text: a run with nothing to do has none.
 */

/**
 * Splits `sql` into its statements with PostgreSQL 18's own parser.
 * Throws a `SyntaxProblem` where PostgreSQL would refuse the text, and NUL_BYTE.
 */
export async function parseSql(sql: string): Promise<ParsedStatement[]> {
  refuseNul(sql, 'A statement')
  // The parser refuses an empty text, which a migration may have.
  if (sql.trim() === '') return []
  const parser = await loadParser()
  // The parser counts in bytes of UTF-8, JavaScript in UTF-16 units.
  const bytes = Buffer.from(sql, 'utf8')
  return (parse(parser, sql).stmts ?? []).flatMap(({ stmt, stmt_location = 0, stmt_len }) => {
    if (!stmt) return []
    const end = stmt_len === undefined ? bytes.length : stmt_location + stmt_len
    const text = bytes.toString('utf8', stmt_location, end).trim()
    return [{ sql: text, node: stmt, start: stmt_location }]
  })
}

/**
 * The parser is WebAssembly, and V8 compiles its busy functions again, optimized, in the background. No run
 * lasts long enough to win that back: 1,000 small statements of several kinds take 0.19 s, 0.34 s of CPU and
 * 209 MiB with it, more the more kinds there are (up to 640 MiB), and 0.08 s, 0.20 s and 90 MiB without. So
 * only function 999999, which does not exist, is optimized. V8 has this flag for the whole process: another
 * library's WebAssembly keeps its first code, too.
 */
async function loadParser(): Promise<typeof Parser> {
  setFlagsFromString('--wasm-tier-up-filter=999999')
  const parser = await import('libpg-query')
  await parser.loadModule()
  return parser
}

/** A word, a sign, a literal or a comment of a text; places are in bytes of UTF-8. */
export interface Token {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Takes a text apart that PostgreSQL reads, comments included. */
export async function scanSql(sql: string): Promise<Token[]> {
  const { scanSync } = await loadParser()
  return takeApart(scanSync, sql)
}

function takeApart(scanSync: typeof Parser.scanSync, sql: string): Token[] {
  const bytes = Buffer.from(sql, 'utf8')
  return scanSync(sql).tokens.map(({ start, end }) => ({
    start,
    end,
    text: bytes.toString('utf8', start, end),
  }))
}

const isQuoted = (word: string) => /["'$]/.test(word)

/** Reads texts and writes types, at once; what no parser reads is undefined. */
export interface Texts {
  readonly readType: (text: string) => TypeName | undefined
  readonly readStatement: (text: string) => Node | undefined
  readonly writeType: (type: TypeName) => string
  readonly readExpression: (text: string) => Node | undefined
  /** Of a text of any language that is written in SQL's words, without white space; names as PostgreSQL folds them. */
  readonly readWords: (text: string) => readonly string[]
  readonly writeExpression: (node: Node) => string
}

export async function loadTexts(): Promise<Texts> {
  const { parseSync, scanSync } = await loadParser()
  const { deparseSync } = await import('pgsql-deparser')
  const readStatement = (text: string) => {
    try {
      return parseSync(text).stmts?.[0]?.stmt
    } catch {
      return undefined
    }
  }
  return {
    readStatement,
    readType: (text) => {
      const node = readStatement(`create table t (c ${text})`)
      const [column] = node && 'CreateStmt' in node ? (node.CreateStmt.tableElts ?? []) : []
      return column && 'ColumnDef' in column ? column.ColumnDef.typeName : undefined
    },
    writeType: (type) => deparseSync({ TypeName: type }),
    readExpression: (text) => {
      const node = readStatement(`select ${text}`)
      const [target] = node && 'SelectStmt' in node ? (node.SelectStmt.targetList ?? []) : []
      return target && 'ResTarget' in target ? target.ResTarget.val : undefined
    },
    readWords: (text) => {
      try {
        return takeApart(scanSync, text).map((token) =>
          isQuoted(token.text) ? token.text : token.text.toLowerCase(),
        )
      } catch {
        return [text]
      }
    },
    writeExpression: (node) => deparseSync(node),
  }
}

/** The text of a tree that the parser made, or of one made from its parts. */
export async function deparseSql(node: Node | Node[]): Promise<string> {
  const { deparse } = await import('pgsql-deparser')
  return deparse(node)
}

/** The text of a tree, if PostgreSQL's parser reads the same from it. */
export async function exactSql(node: Node): Promise<string | undefined> {
  const text = await deparseSql([node])
  const [again] = await parseSql(text).catch(() => [])
  return again && checksum(again.node) === checksum(node) ? text : undefined
}

/** A text that is not SQL: PostgreSQL's own words and the line that it stopped at. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem'
  /** Where PostgreSQL stopped, from 1. */
  readonly line: number
  readonly reason: string

  constructor(reason: string, line: number, cause: unknown) {
    super(`${reason} (line ${line})`, { cause })
    this.line = line
    this.reason = reason
  }
}

function parse({ parseSync, hasSqlDetails }: typeof Parser, sql: string) {
  try {
    return parseSync(sql)
  } catch (error) {
    const position = hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0
    const line = sql.slice(0, position).split('\n').length
    throw new SyntaxProblem(shorten(messageFrom(error)), line, error)
  }
}

/** What begins at an open quote is all the rest of the text. */
function shorten(message: string): string {
  const [first = ''] = message.split('\n')
  const short = first.slice(0, LONGEST_REASON)
  return short === message ? message : `${short}…"`
}

const LONGEST_REASON = 200
