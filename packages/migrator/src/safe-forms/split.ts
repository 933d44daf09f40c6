import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, Node } from '@pgsql/types'
import { parseSql } from '../sql/parse.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'

/** ALTER TABLE with one command, or with several of which none has another form. */
export interface AlterPart {
  readonly statement: AlterTableStmt
  readonly sql: string
}

/** Takes the commands that have a form of their own out of the others; all keep the text that they have. */
export async function splitAlterTable(
  statement: AlterTableStmt,
  sql: string,
): Promise<readonly AlterPart[]> {
  const { cmds = [] } = statement
  const whole = [{ statement, sql }]
  const texts = splitCommas(sql)
  const [head = ''] = texts
  const start =
    /^alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:"(?:[^"]|"")*"|[^\s".]+)(?:\.(?:"(?:[^"]|"")*"|[^\s".]+))?\s+/i
  const alters = start.exec(head)?.[0]
  if (alters === undefined || texts.length !== cmds.length) return whole
  texts[0] = head.slice(alters.length)
  const groups: string[][] = []
  let isShared = false
  for (const [n, cmd] of cmds.entries()) {
    const text = texts[n]?.trim() ?? ''
    if (isShared && !hasForm(cmd)) groups.at(-1)?.push(text)
    else groups.push([text])
    isShared = !hasForm(cmd)
  }
  const parts: AlterPart[] = []
  for (const group of groups) {
    const text = `${alters}${group.join(', ')}`
    const [again] = await parseSql(text)
    if (!again || !('AlterTableStmt' in again.node)) return whole
    parts.push({ statement: again.node.AlterTableStmt, sql: text })
  }
  return parts
}

/** At the commas that are in no name, text or parenthesis. */
function splitCommas(sql: string): string[] {
  const parts = ['']
  let depth = 0
  for (const [token] of sql.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\1\$|[^]/g)) {
    if (token === '(' || token === '[') depth += 1
    if (token === ')' || token === ']') depth -= 1
    if (token === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += token
  }
  return parts
}

function hasForm(node: Node): boolean {
  if (!('AlterTableCmd' in node)) return false
  const { subtype } = node.AlterTableCmd
  if (subtype === 'AT_AddConstraint' || subtype === 'AT_SetNotNull') return true
  const added = addedColumn(node.AlterTableCmd)
  return added !== undefined && (added.isRequired || added.default !== undefined)
}

/** A column that ADD COLUMN adds, as far as its rows are concerned. */
export interface AddedColumn {
  readonly column: ColumnDef
  /** NOT NULL, and nothing gives the rows that are there a value. */
  readonly isRequired: boolean
  /** A default that differs from row to row: PostgreSQL rewrites the table for it. */
  readonly default?: Node
}

/** Undefined where the rows that are there cost nothing, or there is no other form. */
export function addedColumn({ subtype, def }: AlterTableCmd): AddedColumn | undefined {
  if (subtype !== 'AT_AddColumn' || !def || !('ColumnDef' in def)) return undefined
  const column = def.ColumnDef
  const constraints = constraintsOf(column)
  const isPlain = constraints.every(({ contype = '' }) => PLAIN.has(contype))
  if (!isPlain) return undefined
  const value = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr
  const isNotNull = constraints.some(({ contype }) => contype === 'CONSTR_NOTNULL')
  const isSerial = /serial/.test(JSON.stringify(column.typeName?.names ?? []))
  if (isSerial) return undefined
  if (value && listVolatileCalls(value).length > 0)
    return { column, isRequired: false, default: value }
  return { column, isRequired: isNotNull && value === undefined }
}

/** Others (a key, a generated column, an identity) say more of the column than its values. */
const PLAIN = new Set(['CONSTR_NULL', 'CONSTR_NOTNULL', 'CONSTR_DEFAULT'])

export function constraintsOf({ constraints = [] }: ColumnDef): Constraint[] {
  return constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
}
