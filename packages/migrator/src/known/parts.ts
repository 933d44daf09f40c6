import type { AlterTableCmd, ColumnDef, Constraint, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'

/** A command of an ALTER TABLE. */
export interface Alteration {
  readonly table: Name
  readonly command: AlterTableCmd
  readonly subtype: string
  /** The column or the constraint that it names. */
  readonly name: string
}

export function listAlterations(node: Node): Alteration[] {
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE') return []
  const table = toName(node.AlterTableStmt.relation)
  return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) => {
    if (!('AlterTableCmd' in cmd)) return []
    const { AlterTableCmd: command } = cmd
    return [{ table, command, subtype: command.subtype ?? '', name: command.name ?? '' }]
  })
}

/** The alterations of these kinds: `SetNotNull`. */
export function listCommands(node: Node, ...kinds: readonly string[]): Alteration[] {
  return listAlterations(node).filter(({ subtype }) => kinds.includes(subtype.replace('AT_', '')))
}

/** A column with its table. */
export interface Column {
  readonly table: Name
  readonly column: ColumnDef
  readonly name: string
  readonly constraints: readonly Constraint[]
}

/** The columns that ALTER TABLE adds. */
export function listAddedColumns(node: Node): Column[] {
  return listCommands(node, 'AddColumn').flatMap(({ table, command: { def } }) =>
    def && 'ColumnDef' in def ? [toColumn(table, def.ColumnDef)] : [],
  )
}

/** The columns that ALTER TABLE adds, or that CREATE TABLE makes. */
export function listColumns(node: Node): Column[] {
  if (!('CreateStmt' in node)) return listAddedColumns(node)
  const { relation, tableElts = [] } = node.CreateStmt
  const table = toName(relation)
  return tableElts.flatMap((one) => ('ColumnDef' in one ? [toColumn(table, one.ColumnDef)] : []))
}

function toColumn(table: Name, column: ColumnDef): Column {
  const constraints: Constraint[] = []
  for (const one of column.constraints ?? []) {
    if (!('Constraint' in one)) continue
    const attribute = ATTRIBUTES.get(one.Constraint.contype ?? '')
    const owner = attribute && constraints.pop()
    constraints.push(owner ? { ...owner, ...attribute } : one.Constraint)
  }
  return { table, column, name: column.colname ?? '', constraints }
}

/** Behind a column, the parser has what follows a constraint as constraints of their own. */
const ATTRIBUTES = new Map<string, Pick<Constraint, 'deferrable' | 'initdeferred' | 'is_enforced'>>(
  [
    ['CONSTR_ATTR_DEFERRABLE', { deferrable: true }],
    ['CONSTR_ATTR_DEFERRED', { deferrable: true, initdeferred: true }],
    ['CONSTR_ATTR_NOT_ENFORCED', { is_enforced: false }],
  ],
)

/** A constraint with its table, and with its column where it is written behind one. */
export interface OwnedConstraint {
  readonly table: Name
  readonly constraint: Constraint
  readonly column?: string
  readonly columns: readonly string[]
}

/** The constraints that a statement adds: of a table, or behind a column. */
export function listConstraints(node: Node): OwnedConstraint[] {
  const behind = listColumns(node).flatMap(({ table, name, constraints }) =>
    constraints.map((constraint) => ({ table, constraint, column: name, columns: [name] })),
  )
  const elements =
    'CreateStmt' in node
      ? (node.CreateStmt.tableElts ?? []).map((def) => ({
          table: toName(node.CreateStmt.relation),
          def,
        }))
      : listCommands(node, 'AddConstraint').map(({ table, command: { def } }) => ({ table, def }))
  const own = elements.flatMap(({ table, def }) =>
    def && 'Constraint' in def
      ? [{ table, constraint: def.Constraint, columns: columnsOf(def.Constraint) }]
      : [],
  )
  return [...behind, ...own]
}

function columnsOf({ contype, keys = [], fk_attrs = [] }: Constraint): string[] {
  return (contype === 'CONSTR_FOREIGN' ? fk_attrs : keys).map((one) => readName(one).name)
}

/** The objects that a DROP of this kind names. */
export function listDropped(node: Node, kind: string): Name[] {
  if (!('DropStmt' in node) || node.DropStmt.removeType !== kind) return []
  return (node.DropStmt.objects ?? []).map(readName)
}

export interface Type {
  /** The last part of it, as the parser has it: `int8`. */
  readonly name: string
  /** What is in its parentheses. */
  readonly sizes: readonly number[]
  readonly isArray: boolean
}

export function readType(column: Pick<ColumnDef, 'typeName'>): Type {
  const { typmods = [], arrayBounds = [] } = column.typeName ?? {}
  const { name } = readName(column.typeName && { TypeName: column.typeName })
  const sizes = typmods.flatMap((one) =>
    'A_Const' in one && one.A_Const.ival ? [one.A_Const.ival.ival ?? 0] : [],
  )
  return { name, sizes, isArray: arrayBounds.length > 0 }
}

const COUNTING = new Map([
  ['smallserial', 'int2'],
  ['serial2', 'int2'],
  ['serial', 'int4'],
  ['serial4', 'int4'],
  ['bigserial', 'int8'],
  ['serial8', 'int8'],
])

/** The type of the whole numbers that a column counts with, or the type as it is. */
export function toWhole(name: string): string {
  return COUNTING.get(name) ?? name
}

/** The words of CREATE SEQUENCE for types of whole numbers. */
export const SEQUENCE_TYPES = new Map([
  ['int2', 'smallint'],
  ['int4', 'integer'],
  ['int8', 'bigint'],
])

/** True of a column whose values PostgreSQL computes from those of others. */
export function isComputed(column: ColumnDef | undefined): boolean {
  return (column?.constraints ?? []).some(
    (one) => 'Constraint' in one && one.Constraint.contype === 'CONSTR_GENERATED',
  )
}

/** The columns that PostgreSQL computes for every row of a table, which it writes again for that. */
export function listStored(node: Node): Pick<Column, 'table' | 'name'>[] {
  const added = listAddedColumns(node).filter(({ constraints }) =>
    constraints.some(
      ({ contype, generated_kind }) => contype === 'CONSTR_GENERATED' && generated_kind !== 'v',
    ),
  )
  return [...added, ...listCommands(node, 'SetExpression')]
}

/** The columns that ALTER TABLE adds and a sequence counts: each row gets its number at once. */
export function listNumbered(node: Node): Column[] {
  return listAddedColumns(node).filter(isNumbered)
}

/** What each row gets in a column that is added: its default, or what is computed; undefined for NULL. */
export function readPreset(constraints: readonly Constraint[]): Node | undefined {
  return constraints.find(({ contype = '' }) => PRESETS.has(contype))?.raw_expr
}

const PRESETS = new Set(['CONSTR_DEFAULT', 'CONSTR_GENERATED'])

/** True of a column that counts: its values come from a sequence. */
export function isNumbered({ column, constraints }: Pick<Column, 'column' | 'constraints'>) {
  const { name } = readType(column)
  return toWhole(name) !== name || constraints.some(({ contype }) => contype === 'CONSTR_IDENTITY')
}
