import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { referencesOf, type KnownTable } from '../known/known-table.ts'
import { isComputed, readType, toWhole } from '../known/parts.ts'
import { BROKEN, TEXTS, WHOLE, type TypeChange } from '../known/type-changes.ts'
import type { Name } from '../migration.ts'
import { readName } from '../sql/names.ts'
import { isNamedIn, whyNotCopied } from './copied-parts.ts'
import { constraintsOf } from './split.ts'

/** Why a type is changed by a rewrite of the table; undefined where a copy of this column alone can take its place. */
export function whyRewritten(change: TypeChange, known: KnownObjects): string | undefined {
  const { table: name, name: column } = change
  const why = whyUncopied(change, known)
  if (why !== undefined) return why
  if (isOfPrimaryKey(known, name, column)) return 'the primary key is made of the column'
  if (isCounted(change) || known.table(name)?.sequences.has(column))
    return 'a sequence belongs to the column'
  return listReferences(known, name, column).length > 0
    ? 'a foreign key refers to the column'
    : undefined
}

/** Why no copy takes the place of a column, whatever is copied with it. */
export function whyUncopied(change: TypeChange, known: KnownObjects): string | undefined {
  const { from, to } = change
  if (!from) return 'no migration here has made the column'
  if (change.using) return 'USING says what becomes of a value'
  if (change.isToDomain) return 'the new type is a domain'
  if (!isSteady(from, to, known))
    return 'what a value becomes may depend on the session that writes it'
  return whyNotReplaced(change, known)
}

/** Why no other column takes the place of one, whatever values it has. */
export function whyNotReplaced(change: TypeChange, known: KnownObjects): string | undefined {
  const { table: name, name: column, from } = change
  const table = known.table(name)
  if (!from || !table) return 'no migration here has made the column'
  if (hasQuotes(name, column)) return 'its name has dollar signs'
  if (table.isPartitioned || table.partitionOf) return 'the table has partitions or is one'
  if (isComputed(from)) return 'PostgreSQL computes the column'
  if (isComputedFrom(table, column)) return 'another column is computed from it'
  if (known.viewsOf(name, column).length > 0) return 'a view reads the column'
  return whyNotCopied(table, change)
}

/** True of a name that would end the text of a function. */
export function hasQuotes({ schema, name }: Name, ...columns: readonly string[]): boolean {
  return [schema ?? '', name, ...columns].some((one) => /\$(?:fill)?\$/.test(one))
}

const NUMBERS = new Set([...WHOLE, ...BROKEN])
const READ = new Set([...WHOLE, 'numeric', 'bool', 'uuid'])
const DOCUMENTS = new Set(['json', 'jsonb'])
const MOMENTS = new Set(['timestamp', 'timestamptz', 'time'])

/** Whatever a session has set, a value becomes the same one, and an assignment does what the cast does. */
function isSteady(from: ColumnDef, to: ColumnDef, known: KnownObjects): boolean {
  const [old, next] = [readType(from), readType(to)]
  if (old.isArray || next.isArray) return false
  const isOf = (types: ReadonlySet<string>, others = types) =>
    types.has(toWhole(old.name)) && others.has(next.name)
  const isEnum = from.typeName && known.isEnum(readName({ TypeName: from.typeName }))
  return (
    isOf(NUMBERS) ||
    isOf(TEXTS) ||
    isOf(READ, TEXTS) ||
    isOf(TEXTS, READ) ||
    isOf(DOCUMENTS) ||
    (MOMENTS.has(old.name) && old.name === next.name) ||
    (isEnum === true && TEXTS.has(next.name))
  )
}

export function isComputedFrom({ columns }: KnownTable, column: string): boolean {
  return [...columns.values()].some((one) =>
    constraintsOf(one).some(
      ({ contype, raw_expr }) =>
        contype === 'CONSTR_GENERATED' && raw_expr && isNamedIn([raw_expr], column),
    ),
  )
}

/** A foreign key that refers to a column. */
export interface Reference {
  readonly table: Name
  readonly name: string
  /** Those of its own table. */
  readonly columns: readonly string[]
}

/** Of all tables, that of the column among them. */
export function listReferences(known: KnownObjects, table: Name, column: string): Reference[] {
  const itself = known.table(table)
  const own = itself ? referencesOf(itself, table) : []
  const all = [...own.map(([constraint]) => ({ table, constraint })), ...known.referencesTo(table)]
  return all.flatMap(({ table: owner, constraint: name }) => {
    const { columns = [], definition } = known.table(owner)?.constraints.get(name) ?? {}
    const { pk_attrs } = definition ?? {}
    const isOf = pk_attrs
      ? pk_attrs.some((one) => readName(one).name === column)
      : isOfPrimaryKey(known, table, column)
    return isOf ? [{ table: owner, name, columns }] : []
  })
}

export function isOfPrimaryKey(known: KnownObjects, table: Name, column: string): boolean {
  const constraints = [...(known.table(table)?.constraints.values() ?? [])]
  return constraints.some(
    ({ type, columns }) => type === 'CONSTR_PRIMARY' && columns.includes(column),
  )
}

/** True of a column that PostgreSQL counts by a sequence. */
export function isCounted({ from }: Pick<TypeChange, 'from'>): boolean {
  return (
    from !== undefined &&
    (toWhole(readType(from).name) !== readType(from).name ||
      constraintsOf(from).some(({ contype }) => contype === 'CONSTR_IDENTITY'))
  )
}
