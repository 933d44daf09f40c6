import { failure } from '../errors/index.ts'
import type { CodeSession, Migration } from '../migration.ts'
import { nodesIn } from '../sql/nodes.ts'
import { parseSql, scanSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'

/** What the code of a migration has sent on an empty database, by its name. */
export type SentByCode = Map<string, readonly string[]>

/** The same migration; `sent` hears of each statement that its code sends. */
export function listening(migration: Migration, sent: SentByCode): Migration {
  const { name, up } = migration
  if (up.kind !== 'code') return migration
  const run = async (session: CodeSession) => {
    const statements: string[] = []
    const query: CodeSession['query'] = async (sql, values = []) => {
      const answer = await session.query(sql, values)
      // An ORM asks with pg's own form of a query.
      const asked: Asked = typeof sql === 'string' ? { text: sql, values } : sql
      statements.push(await withValues(name, asked))
      return answer
    }
    await up.run({ query })
    sent.set(name, statements)
  }
  return { ...migration, up: { kind: 'code', run } }
}

/** The statements of migrations as those of one, each in the settings that it had. Throws SQUASH_REFUSED. */
export async function joinStatements(
  parts: readonly Migration[],
  sent: SentByCode,
): Promise<string[]> {
  const statements: string[] = []
  for (const { name, up } of parts) {
    const own = up.kind === 'sql' ? up.statements.map(({ sql }) => sql) : await pick(sent.get(name))
    const set = await Promise.all(own.map(findSettings))
    // What one migration sets ends with it.
    const resets = [...new Set(set.flat())].map((setting) => `reset ${setting}`)
    statements.push(...own, ...resets)
  }
  return statements
}

/** Of what code has sent: no transaction, which is the runner's, and nothing that only reads. */
async function pick(sent: readonly string[] = []): Promise<string[]> {
  const picked: string[] = []
  for (const sql of sent)
    for (const { sql: text, node } of await parseSql(sql)) {
      const isRead = 'SelectStmt' in node && nodesIn(node, 'FuncCall').length === 0
      if (!('TransactionStmt' in node) && !(isRead && !node.SelectStmt.intoClause))
        picked.push(text)
    }
  return picked
}

async function findSettings(sql: string): Promise<string[]> {
  if (!/\bset\b|set_config/i.test(sql)) return []
  return (await parseSql(sql)).flatMap(({ node }) => {
    if ('VariableSetStmt' in node) return asSetting(node.VariableSetStmt.name)
    return nodesIn(node, 'FuncCall').flatMap(({ funcname, args }) => {
      const isSetting = nodesIn(funcname, 'String').at(-1)?.['sval'] === 'set_config'
      const [first] = nodesIn(args, 'A_Const').map(({ sval }) => sval)
      const name = (first as { readonly sval?: string } | undefined)?.sval
      return isSetting ? asSetting(name) : []
    })
  })
}

function asSetting(name: string | undefined): string[] {
  if (name === undefined) return []
  return [
    name
      .split('.')
      .map((part) => quoteName(part))
      .join('.'),
  ]
}

interface Asked {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** A statement with its values written into it. Throws SQUASH_REFUSED. */
export async function withValues(name: string, { text: sql, values = [] }: Asked): Promise<string> {
  if (values.length === 0) return sql
  const bytes = Buffer.from(sql)
  const pieces: Buffer[] = []
  let from = 0
  for (const { text, start, end } of await scanSql(sql)) {
    if (!/^\$\d+$/.test(text)) continue
    const place = Number(text.slice(1)) - 1
    pieces.push(bytes.subarray(from, start), Buffer.from(toLiteral(name, values[place])))
    from = end
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]).toString()
}

function toLiteral(name: string, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Date) return quoteLiteral(value.toISOString())
  if (Buffer.isBuffer(value)) return quoteLiteral(`\\x${value.toString('hex')}`)
  if (typeof value === 'string') return quoteLiteral(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return quoteLiteral(String(value))
  if (typeof value === 'object' && !Array.isArray(value)) return quoteLiteral(JSON.stringify(value))
  const reason = `${name} is code, and passes PostgreSQL a value that no text is known for`
  throw failure('SQUASH_REFUSED', { reason })
}
