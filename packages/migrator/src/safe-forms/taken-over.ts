import type { Constraint, Node, RangeVar } from '@pgsql/types'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { tableOf } from './table.ts'

/** What a key takes the place of. */
export interface Replaced {
  readonly kind: 'index' | 'constraint'
  readonly name: string
  /** The name under which the index of the new key is built. */
  readonly buildAs: string
}

/** Whether its index can be built beside writes. */
export function canBeTakenOver(constraint: Constraint): boolean {
  const { indexname, options = [], indexspace, without_overlaps } = constraint
  const areReadable = options.every((one) => writeOption(one) !== undefined)
  return indexname === undefined && areReadable && !indexspace && !without_overlaps
}

/** Statements that build the index of a key, take away what it takes the place of, and make the key. */
export function buildAndTakeOver(
  relation: RangeVar,
  constraint: Constraint,
  name: string,
  { buildAs = name, kind, name: old = '' }: Partial<Replaced> = {},
): string[] {
  const table = tableOf(relation)
  const index = quoteName(buildAs)
  const drop = kind === 'constraint' ? `drop constraint ${quoteName(old)}, ` : ''
  const type = constraint.contype === 'CONSTR_PRIMARY' ? 'primary key' : 'unique'
  const deferrable = constraint.deferrable ? ' deferrable' : ''
  const deferred = constraint.initdeferred ? ' initially deferred' : ''
  return [
    `create unique index concurrently ${index} on ${table} ${coverage(constraint)};`,
    ...(kind === 'index'
      ? [`drop index concurrently ${quoteName(old, relation.schemaname)};`]
      : []),
    `alter table ${table} ${drop}add constraint ${quoteName(name)} ${type} using index ${index}${deferrable}${deferred};`,
  ]
}

function coverage({
  keys = [],
  including = [],
  nulls_not_distinct,
  options = [],
}: Constraint): string {
  const [columns, others] = [keys, including].map((list) =>
    list.map((one) => quoteName(readName(one).name)).join(', '),
  )
  const include = others ? ` include (${others})` : ''
  const stored = options.length > 0 ? ` with (${options.map(writeOption).join(', ')})` : ''
  return `(${columns})${include}${nulls_not_distinct ? ' nulls not distinct' : ''}${stored}`
}

/** A storage parameter of an index, which the key keeps. */
function writeOption(node: Node): string | undefined {
  const { defname = '', arg } = 'DefElem' in node ? node.DefElem : {}
  const value = arg && 'Integer' in arg ? arg.Integer.ival : undefined
  return value === undefined ? undefined : `${quoteName(defname)} = ${value}`
}
