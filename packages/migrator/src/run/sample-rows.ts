import type { Node, SelectStmt } from '@pgsql/types'
import type { ClientBase } from 'pg'
import { readTables } from '../archive/tables.ts'
import { printableName } from '../errors/printable.ts'
import { asMigrator } from '../session/author.ts'
import { isConnectionLost } from '../session/connect.ts'
import { readName } from '../sql/names.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'

const ROWS = 5
/** Of each group of rows that should be one. */
const OF_GROUP = 2
const LONGEST = 100

/**
 * The primary keys of a few rows that a check counts, as `id 4, 9`; of rows that are alike, `id 4 and 9`. Undefined where
 * its query counts something else than the rows, or groups of rows, of one table that has such a key. On the author's
 * side, in a transaction.
 */
export async function sampleRows(client: ClientBase, query: string): Promise<string | undefined> {
  const counted = await findCounted(query)
  if (!counted) return undefined
  await client.query('savepoint sample_rows')
  try {
    return await readKeys(client, counted)
  } catch (error) {
    if (isConnectionLost(error)) throw error
    await client.query('rollback to savepoint sample_rows')
    return undefined
  }
}

/** The rows, or groups of rows, of one table. */
interface Counted {
  readonly select: SelectStmt
  /** The table, and what the query calls it. */
  readonly table: string
  readonly alias: string
  readonly areGroups: boolean
}

async function findCounted(query: string): Promise<Counted | undefined> {
  const [parsed, ...others] = await parseSql(query)
  if (!parsed || others.length > 0 || !('SelectStmt' in parsed.node)) return undefined
  const { SelectStmt: outer } = parsed.node
  if (!countsRows(outer)) return undefined
  const [from, ...more] = outer.fromClause ?? []
  if (!from || more.length > 0) return undefined
  const isNested = 'RangeSubselect' in from && !outer.whereClause
  const nested = isNested ? from.RangeSubselect.subquery : undefined
  const areGroups = nested !== undefined && 'SelectStmt' in nested
  const select = areGroups ? nested.SelectStmt : outer
  const [relation, ...beside] = select.fromClause ?? []
  if (areGroups !== (select.groupClause ?? []).length > 0 || select.distinctClause) return undefined
  if (!relation || !('RangeVar' in relation) || beside.length > 0) return undefined
  const { relname = '', schemaname, alias } = relation.RangeVar
  const table = quoteName(relname, schemaname)
  return { select, table, alias: alias?.aliasname ?? relname, areGroups }
}

function countsRows({ targetList = [], groupClause, withClause, op }: SelectStmt): boolean {
  const [target, ...others] = targetList
  if (!target || !('ResTarget' in target) || others.length > 0) return false
  const { val } = target.ResTarget
  if (!val || !('FuncCall' in val) || groupClause || withClause || op !== 'SETOP_NONE') return false
  const { funcname = [], agg_star: isOfAll, agg_filter: filter, over } = val.FuncCall
  const { name } = readName({ List: { items: funcname } })
  return name === 'count' && isOfAll === true && !filter && !over
}

async function readKeys(client: ClientBase, counted: Counted): Promise<string | undefined> {
  const { select, table, alias, areGroups } = counted
  const { rows } = await client.query<{ oid: string }>(
    'select $1::pg_catalog.regclass::pg_catalog.oid::pg_catalog.text as oid',
    [table],
  )
  const [stored] = await asMigrator(client, () =>
    readTables(
      client,
      rows.map(({ oid }) => oid),
    ),
  )
  const [key] = stored?.keys ?? []
  if (!key) return undefined
  const columns = key.map((column) => `${quoteName(alias)}.${quoteName(column)}`)
  const value = `pg_catalog.concat_ws(', ', ${columns.join(', ')})`
  const keys = areGroups ? `(pg_catalog.array_agg(${value}))[1:${OF_GROUP}]` : `array[${value}]`
  const [wanted] = await parseSql(`select ${keys} as keys limit ${ROWS}`)
  if (!wanted || !('SelectStmt' in wanted.node)) return undefined
  const { targetList = [], limitCount, limitOption } = wanted.node.SelectStmt
  const sample: Node = {
    SelectStmt: { ...select, targetList, limitCount, limitOption } as SelectStmt,
  }
  const found = await client.query<{ keys: string[] }>(await deparseSql(sample))
  if (found.rows.length === 0) return undefined
  const name = key.length === 1 ? key[0] : `(${key.join(', ')})`
  const texts = found.rows.map(({ keys: of }) =>
    of.map((one) => one.slice(0, LONGEST)).join(' and '),
  )
  return printableName(`${name} ${texts.join(', ')}`)
}
