import type { AlterTableCmd, ColumnDef, Constraint, Node } from '@pgsql/types'
import { exactSql, parseSql } from './parse.ts'

/** ALTER TABLE … ADD COLUMN in two parts, between which the column gets its values: the constraints come in the second one. */
export interface LaterConstraints {
  readonly adds: string
  readonly constrains: string
}

/** Undefined of every other statement, and where there is nothing to constrain later. `major` is of the server. */
export async function laterConstraints(
  sql: string,
  major: number,
): Promise<LaterConstraints | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0 || !('AlterTableStmt' in parsed.node)) return undefined
  const { AlterTableStmt: statement } = parsed.node
  const split = (statement.cmds ?? []).map((cmd) => splitCommand(cmd, major))
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

function splitCommand(cmd: Node, major: number): Split {
  const given = commandOf(cmd)
  if (CONSTRAINS.has(given?.subtype ?? '')) return { now: undefined, later: [cmd] }
  const column = given && addsColumn(cmd) ? columnOf(given) : undefined
  if (!column) return { now: cmd, later: [] }
  const split = splitColumn(column, major)
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

/** The constraints of a column that stay with it, and the commands that add the others. */
function splitColumn({ colname = '', constraints = [] }: ColumnDef, major: number) {
  const now: Node[] = []
  const later: Node[] = []
  let last: Constraint | undefined
  for (const node of constraints) {
    const constraint = 'Constraint' in node ? node.Constraint : {}
    const attribute = ATTRIBUTES[constraint.contype ?? '']
    if (attribute && last) {
      last = attribute(last)
      later[later.length - 1] = addConstraint(last)
      continue
    }
    last = ofTable(constraint, colname, major)
    if (last) later.push(addConstraint(last))
    else if (constraint.contype === 'CONSTR_NOTNULL')
      later.push(command({ subtype: 'AT_SetNotNull', name: colname }))
    else now.push(node)
  }
  return { now, later }
}

const command = (given: AlterTableCmd): Node => ({
  AlterTableCmd: { ...given, behavior: 'DROP_RESTRICT' },
})

const addConstraint = (constraint: Constraint) =>
  command({ subtype: 'AT_AddConstraint', def: { Constraint: constraint } })

/** What follows a constraint of a column is part of that of a table. */
const ATTRIBUTES: Readonly<Record<string, (constraint: Constraint) => Constraint>> = {
  CONSTR_ATTR_DEFERRABLE: (one) => ({ ...one, deferrable: true }),
  CONSTR_ATTR_NOT_DEFERRABLE: (one) => one,
  CONSTR_ATTR_DEFERRED: (one) => ({ ...one, deferrable: true, initdeferred: true }),
  CONSTR_ATTR_IMMEDIATE: (one) => one,
  CONSTR_ATTR_ENFORCED: (one) => one,
  CONSTR_ATTR_NOT_ENFORCED: (one) => ({
    ...without(one, 'is_enforced', 'initially_valid'),
    skip_validation: true,
  }),
}

/** Since when a NOT NULL is a constraint, whose name PostgreSQL keeps and which a table can be given by it. */
const NAMED_NOT_NULL = 18

/** The parser says of a NOT NULL of a table not that it is enforced, which it always is. */
const withoutEnforced = (constraint: Constraint): Constraint => without(constraint, 'is_enforced')

function without(constraint: Constraint, ...names: readonly (keyof Constraint)[]): Constraint {
  const left = Object.entries(constraint).filter(([name]) => !names.some((one) => one === name))
  return Object.fromEntries(left)
}

/** A column's constraint as one of its table: it gets the same name. */
function ofTable(constraint: Constraint, column: string, major: number): Constraint | undefined {
  const names: Node[] = [{ String: { sval: column } }]
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
      return { ...constraint }
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      return { ...constraint, keys: names }
    case 'CONSTR_FOREIGN':
      return { ...constraint, fk_attrs: names }
    case 'CONSTR_NOTNULL':
      return major >= NAMED_NOT_NULL ? { ...withoutEnforced(constraint), keys: names } : undefined
    default:
      return undefined
  }
}
