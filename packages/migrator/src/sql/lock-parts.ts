import type { Node, RangeVar } from '@pgsql/types'
import type { LockMode, TableLock } from '../migration.ts'
import { readName } from './names.ts'

type Facts = Omit<TableLock, 'schema' | 'table' | 'mode'>

/** A lock on a relation that the text names; none where it names none. */
export function lock(
  relation: RangeVar | Node | undefined,
  mode: LockMode,
  facts: Facts = {},
): TableLock[] {
  const named = relation && 'RangeVar' in relation ? relation.RangeVar : relation
  if (!named || !('relname' in named) || !named.relname) return []
  return [makeLock(named.schemaname, named.relname, mode, facts)]
}

/** The same on its partitions and on the tables that inherit from it, unless the text says ONLY. */
export function withDescendants(
  relation: RangeVar | Node | undefined,
  mode: LockMode,
  facts: Facts = {},
): TableLock[] {
  const { constraint: _, ...own } = facts
  return [...lock(relation, mode, own), ...below(relation, mode, 'descendants', facts)]
}

/** The same on its partitions, unless the text says ONLY. */
export function withPartitions(
  relation: RangeVar | Node | undefined,
  mode: LockMode,
  facts: Facts = {},
): TableLock[] {
  return [...lock(relation, mode, facts), ...below(relation, mode, 'partitions', facts)]
}

/** The same on the tables that inherit from it and are no partitions, unless the text says ONLY. */
export function withInheriting(relation: RangeVar | Node | undefined, mode: LockMode): TableLock[] {
  return [...lock(relation, mode), ...below(relation, mode, 'inheriting')]
}

/** The same on what is below it, and not on itself. */
export function below(
  relation: RangeVar | Node | undefined,
  mode: LockMode,
  through: 'descendants' | 'partitions' | 'inheriting',
  facts: Facts = {},
): TableLock[] {
  const named = relation && 'RangeVar' in relation ? relation.RangeVar : relation
  const reaches = named !== undefined && 'inh' in named && named.inh
  return reaches ? lock(named, mode, { ...facts, through }) : []
}

/** A lock on what a list of strings names, as DROP and COMMENT have it. */
export function lockNamed(parts: readonly Node[], mode: LockMode, facts: Facts = {}): TableLock[] {
  const { schema, name } = readName({ List: { items: [...parts] } })
  return name === '' ? [] : [makeLock(schema, name, mode, facts)]
}

/** The table that a foreign key names, whether as a table's constraint or as a column's. */
export function foreignKeyTargets(element: Node | undefined): TableLock[] {
  if (element === undefined) return []
  if ('ColumnDef' in element)
    return (element.ColumnDef.constraints ?? []).flatMap(foreignKeyTargets)
  if (!('Constraint' in element) || element.Constraint.contype !== 'CONSTR_FOREIGN') return []
  return withPartitions(element.Constraint.pktable, 'SHARE ROW EXCLUSIVE')
}

/** A new partition takes part in the foreign keys of its parent, and in those that name its parent. */
export function foreignKeysOfPartition(parent: RangeVar | Node | undefined): TableLock[] {
  const mode = 'SHARE ROW EXCLUSIVE'
  return [
    ...lock(parent, mode, { through: 'references' }),
    ...lock(parent, mode, { through: 'referenced-by' }),
  ]
}

/** True where an option of that name is given, and not switched off. */
export function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => {
    if (!('DefElem' in option) || option.DefElem.defname !== name) return false
    const { arg } = option.DefElem
    if (!arg) return true
    if ('Integer' in arg) return (arg.Integer.ival ?? 0) !== 0
    if ('Boolean' in arg) return arg.Boolean.boolval ?? false
    return !('String' in arg && ['false', 'off'].includes(arg.String.sval ?? ''))
  })
}

function makeLock(
  schema: string | undefined,
  table: string,
  mode: LockMode,
  facts: Facts,
): TableLock {
  return { ...(schema && { schema }), table, mode, ...facts }
}
