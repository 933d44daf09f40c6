import type { Node, RangeVar, SelectStmt } from '@pgsql/types'
import { readName } from './names.ts'
import { nodesIn } from './nodes.ts'
import { deparseSql, exactSql, parseSql } from './parse.ts'

/** Which rows a DELETE or an UPDATE meets, and what an UPDATE makes of them, as queries that change nothing. */
export interface Matching {
  /** A query of (tableoid, ctid): each row that the statement meets, once or more often. */
  readonly rows: string
  /** The columns that it sets; `value` is a query of (tableoid, ctid, value) where the text has one. */
  readonly sets: readonly { readonly column: string; readonly value?: string }[]
}

/** What ALTER COLUMN … TYPE makes of a value: an expression over the row, and the type's name, as SQL. */
export interface Conversion {
  readonly column: string
  readonly expression: string
  readonly type: string
}

/** Reads the text of a DELETE or an UPDATE; undefined where it cannot be turned into a query for certain. */
export async function readMatching(sql: string): Promise<Matching | undefined> {
  const [parsed] = await parseSql(sql)
  if (!parsed) return undefined
  const { node } = parsed
  if ('DeleteStmt' in node) {
    const { relation, usingClause, whereClause, withClause } = node.DeleteStmt
    const rows = await writeQuery(relation, { usingClause, whereClause, withClause })
    return rows === undefined ? undefined : { rows, sets: [] }
  }
  if (!('UpdateStmt' in node)) return undefined
  const { relation, fromClause: usingClause, whereClause, withClause, targetList } = node.UpdateStmt
  const source = { usingClause, whereClause, withClause }
  const rows = await writeQuery(relation, source)
  if (rows === undefined) return undefined
  const sets = (targetList ?? []).map(async (target) => {
    if (!('ResTarget' in target)) return { column: '' }
    const { name: column = '', val, indirection } = target.ResTarget
    const isWhole = val && !indirection && !('MultiAssignRef' in val) && !('SetToDefault' in val)
    const value = isWhole ? await writeQuery(relation, source, val) : undefined
    return { column, ...(value !== undefined && { value }) }
  })
  return { rows, sets: await Promise.all(sets) }
}

/** Reads the text of an ALTER TABLE: its changes of types. */
export async function readConversions(sql: string): Promise<Conversion[]> {
  const [parsed] = await parseSql(sql)
  if (!parsed || !('AlterTableStmt' in parsed.node)) return []
  const conversions = (parsed.node.AlterTableStmt.cmds ?? []).map(async (cmd) => {
    if (!('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_AlterColumnType') return []
    const { name: column = '', def } = cmd.AlterTableCmd
    if (!def || !('ColumnDef' in def) || !def.ColumnDef.typeName) return []
    const { typeName, raw_default } = def.ColumnDef
    const itself: Node = { ColumnRef: { fields: [{ String: { sval: column } }] } }
    const type = await deparseSql([{ TypeName: typeName }])
    return [{ column, expression: await deparseSql([raw_default ?? itself]), type }]
  })
  return (await Promise.all(conversions)).flat()
}

/** The names of all functions and operators that the text of a statement uses. */
export async function readCalls(
  sql: string,
): Promise<{ readonly functions: readonly string[]; readonly operators: readonly string[] }> {
  const functions = new Set<string>()
  const operators = new Set<string>()
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return
    if ('funcname' in value) functions.add(readLastName(value.funcname))
    if ('A_Expr' in value) operators.add(readLastName((value.A_Expr as { name?: unknown }).name))
    for (const inner of Object.values(value)) visit(inner)
  }
  visit(await parseSql(sql))
  return { functions: [...functions], operators: [...operators] }
}

function readLastName(names: unknown): string {
  return readName((Array.isArray(names) ? names.at(-1) : undefined) as Node | undefined).name
}

interface Source {
  readonly usingClause: Node[] | undefined
  readonly whereClause: Node | undefined
  readonly withClause: SelectStmt['withClause']
}

/** A WITH that changes rows may stand before no query that only reads. */
function writesRows(withClause: Source['withClause']): boolean {
  const kinds = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']
  return kinds.some((kind) => nodesIn(withClause, kind).length > 0)
}

/** The query, if the deparser's text means to PostgreSQL's parser what it was made from. */
async function writeQuery(
  relation: RangeVar | undefined,
  { usingClause = [], whereClause, withClause }: Source,
  value?: Node,
): Promise<string | undefined> {
  if (!relation?.relname || writesRows(withClause)) return undefined
  const alias = relation.alias?.aliasname ?? relation.relname
  const system = (name: string): Node => ({
    ResTarget: {
      val: { ColumnRef: { fields: [{ String: { sval: alias } }, { String: { sval: name } }] } },
    },
  })
  const node: Node = {
    SelectStmt: {
      targetList: [
        system('tableoid'),
        system('ctid'),
        ...(value ? [{ ResTarget: { name: 'value', val: value } }] : []),
      ],
      fromClause: [{ RangeVar: relation }, ...usingClause],
      ...(whereClause && { whereClause }),
      ...(withClause && { withClause }),
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  }
  return exactSql(node)
}
