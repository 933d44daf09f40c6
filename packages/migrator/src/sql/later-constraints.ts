import type { AlterTableCmd, ColumnDef, Constraint, Node } from '@pgsql/types'
import { exactSql, parseSql } from './parse.ts'

/** ALTER TABLE … ADD COLUMN in two parts, between which the column gets its values: the constraints come in the second one. */
export interface LaterConstraints {
  readonly adds: string
  readonly constrains: string
}

/** Undefined of every other statement, and where there is nothing to constrain later. */
export async function laterConstraints(sql: string): Promise<LaterConstraints | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0 || !('AlterTableStmt' in parsed.node)) return undefined
  const { AlterTableStmt: statement } = parsed.node
  const split = (statement.cmds ?? []).map(splitCommand)
  const now = split.flatMap((part) => part.now ?? [])
  const later = split.flatMap((part) => part.later)
  if (later.length === 0 || !now.some(addsColumn)) return undefined
  const write = (cmds: readonly Node[]) =>
    exactSql({ AlterTableStmt: { ...statement, cmds: [...cmds] } })
  const [adds, constrains] = [await write(now), await write(later)]
  return adds !== undefined && constrains !== undefined ? { adds, constrains } : undefined
}

interface Split {
  readonly now: Node | undefined
  readonly later: readonly Node[]
}

/** What PostgreSQL itself does after it has added columns. */
const CONSTRAINS: ReadonlySet<string> = new Set([
  'AT_AddConstraint',
  'AT_SetNotNull',
  'AT_ValidateConstraint',
])

function splitCommand(cmd: Node): Split {
  const given = commandOf(cmd)
  if (CONSTRAINS.has(given?.subtype ?? '')) return { now: undefined, later: [cmd] }
  const column = given && addsColumn(cmd) ? columnOf(given) : undefined
  const split = column && splitColumn(column)
  if (!column || !split) return { now: cmd, later: [] }
  const { constraints: _, ...bare } = column
  const ColumnDef = { ...bare, ...(split.now.length > 0 && { constraints: [...split.now] }) }
  return {
    now: { AlterTableCmd: { ...given, def: { ColumnDef } } },
    later: split.later,
  }
}

const commandOf = (cmd: Node): AlterTableCmd | undefined =>
  'AlterTableCmd' in cmd ? cmd.AlterTableCmd : undefined

const addsColumn = (cmd: Node) => commandOf(cmd)?.subtype === 'AT_AddColumn'

const columnOf = ({ def }: AlterTableCmd): ColumnDef | undefined =>
  def && 'ColumnDef' in def ? def.ColumnDef : undefined

/** The constraints of a column that stay with it, and the commands that add the others; undefined where one has an attribute that is not known. */
function splitColumn({ colname = '', constraints = [] }: ColumnDef) {
  const now: Node[] = []
  const later: Node[] = []
  let last: Constraint | undefined
  for (const node of constraints) {
    const constraint = 'Constraint' in node ? node.Constraint : {}
    const attribute = ATTRIBUTES[constraint.contype ?? '']
    if (attribute && last) {
      Object.assign(last, attribute)
      continue
    }
    last = ofTable(constraint, colname)
    if (last) later.push(command({ subtype: 'AT_AddConstraint', def: { Constraint: last } }))
    else if (isNotNull(constraint)) later.push(command({ subtype: 'AT_SetNotNull', name: colname }))
    else now.push(node)
  }
  const isKnown = !constraints.some(
    (node) => 'Constraint' in node && UNKNOWN.test(node.Constraint.contype ?? ''),
  )
  return isKnown ? { now, later } : undefined
}

const command = (given: AlterTableCmd): Node => ({
  AlterTableCmd: { ...given, behavior: 'DROP_RESTRICT' },
})

/** What follows a constraint of a column is part of that of a table. */
const ATTRIBUTES: Readonly<Record<string, Partial<Constraint>>> = {
  CONSTR_ATTR_DEFERRABLE: { deferrable: true },
  CONSTR_ATTR_NOT_DEFERRABLE: {},
  CONSTR_ATTR_DEFERRED: { deferrable: true, initdeferred: true },
  CONSTR_ATTR_IMMEDIATE: {},
}

const UNKNOWN = /^CONSTR_ATTR_(NOT_)?ENFORCED$/

/** A column's constraint as one of its table: it gets the same name. */
function ofTable(constraint: Constraint, column: string): Constraint | undefined {
  const names: Node[] = [{ String: { sval: column } }]
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
      return { ...constraint }
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      return { ...constraint, keys: names }
    case 'CONSTR_FOREIGN':
      return { ...constraint, fk_attrs: names }
    default:
      return undefined
  }
}

/** One with a name of its own PostgreSQL 15 adds with its column only. */
function isNotNull({ contype, conname }: Constraint): boolean {
  return contype === 'CONSTR_NOTNULL' && conname === undefined
}
