import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, Node } from '@pgsql/types'
import { isNumbered } from '../known/parts.ts'
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
  if (!cmds.some(hasForm)) return whole
  const texts = splitCommas(sql)
  const [head = ''] = texts
  const start =
    /^alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:"(?:[^"]|"")*"|[^\s".]+)(?:\.(?:"(?:[^"]|"")*"|[^\s".]+))?\s+/i
  const alters = start.exec(head)?.[0]
  if (alters === undefined || texts.length !== cmds.length) return whole
  texts[0] = head.slice(alters.length)
  const groups: string[][] = []
  let isShared = false
  const commands = cmds.map((cmd, n) => ({ cmd, text: texts[n]?.trim() ?? '' }))
  for (const { cmd, text } of commands.toSorted((a, b) => passOf(a.cmd) - passOf(b.cmd))) {
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

/** When PostgreSQL comes to a command, wherever the text has it. */
function passOf(node: Node): number {
  const { subtype = '', def } = 'AlterTableCmd' in node ? node.AlterTableCmd : {}
  const constraint = def && 'Constraint' in def ? def.Constraint.contype : undefined
  const isIndexed = constraint !== undefined && INDEXED.has(constraint)
  if (subtype === 'AT_ColumnDefault') return def ? PASSES.indexOf('others') : 0
  if (subtype === 'AT_AddConstraint') return PASSES.indexOf(isIndexed ? 'keys' : 'others')
  const pass = PASSES.indexOf(subtype.startsWith('AT_Drop') ? 'AT_Drop' : subtype)
  return pass < 0 ? PASSES.length : pass
}

/** AlterTablePass of PostgreSQL's tablecmds.c, as far as commands have forms of their own or make what those need. */
const PASSES: readonly string[] = [
  'AT_Drop',
  'AT_AlterColumnType',
  'AT_AddColumn',
  'AT_SetExpression',
  'AT_SetNotNull',
  'keys',
  'others',
]

const INDEXED = new Set<Constraint['contype']>([
  'CONSTR_UNIQUE',
  'CONSTR_PRIMARY',
  'CONSTR_EXCLUSION',
])

/** A text without comments: what is added at its end would be part of them. */
export function withoutComments(sql: string): string {
  return sql.replaceAll(TOKENS, (token) => (/^(--|\/\*)/.test(token) ? ' ' : token))
}

/** Comments, names, texts, and single characters. */
const TOKENS =
  /--[^\n]*|\/\*[^]*?\*\/|"(?:[^"]|"")*"|\be'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\1\$|[^]/gi

/** At the commas that are in no name, text or parenthesis. */
function splitCommas(sql: string): string[] {
  const parts = ['']
  let depth = 0
  for (const [token] of sql.matchAll(TOKENS)) {
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
  if (isNumbered({ column, constraints })) return undefined
  if (value && listVolatileCalls(value).length > 0)
    return { column, isRequired: false, default: value }
  return { column, isRequired: isNotNull && value === undefined }
}

/** Others (a key, a generated column, an identity) say more of the column than its values. */
const PLAIN = new Set(['CONSTR_NULL', 'CONSTR_NOTNULL', 'CONSTR_DEFAULT'])

export function constraintsOf({ constraints = [] }: ColumnDef): Constraint[] {
  return constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
}
