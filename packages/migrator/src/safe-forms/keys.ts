import type { Constraint, Node, RangeVar } from '@pgsql/types'
import { LONGEST_NAME } from '../catalog/identity.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { requireSize } from './index-size.ts'
import { noDuplicates, noNulls } from './pre-checks.ts'
import { requireValue } from './required.ts'
import type { Before, SafeForm } from './safe-form.ts'
import { rowsOf, tableOf } from './table.ts'

/** What a key takes the place of. */
export interface Replaced {
  readonly kind: 'index' | 'constraint'
  readonly name: string
  /** The name under which the index of the new key is built. */
  readonly buildAs: string
}

/** The name of a key; undefined where PostgreSQL has to find one. */
export function nameKey({ relname = '' }: RangeVar, { contype, conname }: Constraint) {
  const name = `${relname}_pkey`
  if (conname !== undefined || contype !== 'CONSTR_PRIMARY') return conname
  return Buffer.byteLength(name) > LONGEST_NAME ? undefined : name
}

/**
 * The index of a unique or a primary key is built beside writes, and the constraint takes it over at once, in place of what
 * was there. Undefined where PostgreSQL has no such form: it builds no index of a partitioned table so, and takes none over.
 */
export function keySafely(
  relation: RangeVar,
  constraint: Constraint,
  before: Pick<Before, 'known' | 'news'>,
  replaced?: Replaced,
): SafeForm | undefined {
  const keyName = nameKey(relation, constraint)
  const owner = before.known.table(toName(relation))
  if (keyName === undefined || owner?.isPartitioned) return undefined
  if (!canBeTakenOver(constraint)) return undefined
  const [table, name] = [tableOf(relation), quoteName(keyName)]
  const names = (constraint.keys ?? []).map((one) => readName(one).name)
  const open =
    constraint.contype === 'CONSTR_PRIMARY'
      ? names.filter((column) => !before.known.isRequired(toName(relation), column))
      : []
  const columns = names.map((column) => quoteName(column))
  const areNullsEqual = constraint.nulls_not_distinct === true
  return {
    statements: [
      ...open.flatMap((column) => requireValue(relation, column, before)),
      ...buildAndTakeOver(relation, constraint, keyName, replaced),
    ],
    requires: [
      ...open.map((column) => noNulls(table, quoteName(column))),
      noDuplicates({ table: rowsOf(relation, before.known), name, keys: columns, areNullsEqual }),
      ...requireSize(
        {
          relation: toName(relation),
          table: rowsOf(relation, before.known),
          name: keyName,
          columns: [...names, ...(constraint.including ?? []).map((one) => readName(one).name)],
        },
        before.known,
      ),
    ],
    isAlone: true,
  }
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
