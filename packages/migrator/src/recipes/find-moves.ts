import type { ColumnDef } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { referencesOf, type KnownConstraint, type KnownTable } from '../known/known-table.ts'
import { listAddedColumns, listCommands, listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { shown, toKey } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { isCounted } from '../safe-forms/why-rewritten.ts'
import { readName } from '../sql/names.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'
import { isRequired, readDefault } from './column-settings.ts'
import { writeColumnType } from '../safe-forms/copy-column.ts'
import type { MovedColumn } from './move-column.ts'
import type { Generated } from './recipe.ts'
import { whyNotBeside, whyNotEmpty } from './unfit.ts'

/** By `table.column`, what is another one now: `other.column` of one that has moved. */
export type Renames = ReadonlyMap<string, string>

interface Column {
  readonly table: Name
  readonly name: string
}

/** Throws RECIPE_REFUSED. `generated` has one command in each ALTER TABLE. */
export async function findMoves(
  generated: Generated,
  renames: Renames,
  known: KnownObjects,
): Promise<MovedColumn[]> {
  const nodes = (await Promise.all(generated.up.map(readOne))).flatMap((node) => node ?? [])
  const dropped = nodes.flatMap((node) => listCommands(node, 'DropColumn'))
  const added = nodes.flatMap(listAddedColumns)
  const gone = nodes.flatMap((node) => listCommands(node, 'DropConstraint'))
  const indexes = nodes.flatMap((node) => listDropped(node, 'OBJECT_INDEX'))
  const moves: MovedColumn[] = []
  for (const old of dropped) {
    const to = renames.get(nameOf(old))
    // Within its table it would not be dropped.
    if (to === undefined) continue
    const next = added.find((one) => nameOf(one) === to)
    const refuse = (reason: string) =>
      failure('RECIPE_REFUSED', { change: `${nameOf(old)} moves to ${to}`, reason })
    if (!next) throw refuse('no column of that name is added to a table that is there already')
    const isKept = (table: Name, name: string) =>
      !gone.some((one) => toKey(one.table) === toKey(table) && one.name === name) &&
      !indexes.some((one) => toKey(one) === toKey({ ...table, name }))
    const move = await planMove(old, next, known, isKept)
    if (typeof move === 'string') throw refuse(move)
    moves.push(move)
  }
  return moves
}

const nameOf = ({ table, name }: Column) => `${shown(table)}.${name}`

/** Why it is none, in words that follow "since". */
async function planMove(
  old: Column,
  next: Column & { readonly column: ColumnDef },
  known: KnownObjects,
  isKept: (table: Name, constraint: string) => boolean,
): Promise<MovedColumn | string> {
  const [from, to] = [known.table(old.table)?.columns.get(old.name), next.column]
  const reason =
    whyNotBeside(known, old.table, [old.name]) ??
    whyNotBeside(known, next.table, []) ??
    whyNotEmpty(known, [to])
  if (reason !== undefined || !from) return reason ?? 'no migration here has made the column'
  if (isCounted({ from }) || isCounted({ from: to })) return 'a sequence counts it'
  if ((await writeColumnType(from)) !== (await writeColumnType(to)))
    return 'it gets another type; change that before, or afterwards'
  const pair = findPair(old.table, next.table, known, isKept)
  if (typeof pair === 'string') return pair
  const { refers, ...keys } = pair
  const preset = await readDefault(from)
  const { required } = known.table(old.table) ?? {}
  const isAlways = refers === 'old' && keys.old.every((one) => required?.has(one))
  const unfit = whyNotWritten({ from, to, isAlways })
  return (
    unfit ?? {
      from,
      to,
      refers,
      old: { table: old.table, column: old.name, keys: keys.old },
      next: { table: next.table, column: next.name, keys: keys.next },
      ...(preset !== undefined && {
        preset: `(${preset})::${await writeColumnType(from)}`,
      }),
    }
  )
}

/** What the release that does not know the old column could not write. `isAlways` where a row has its partner from the beginning. */
function whyNotWritten({ from, to, isAlways }: Written) {
  const preset = constraintsOf(from).find(({ contype }) => contype === 'CONSTR_DEFAULT')
  if (listVolatileCalls(preset?.raw_expr).length > 0)
    return 'its default differs from row to row, and says nothing about who has written it'
  if (!isRequired(from)) return undefined
  if (!isRequired(to))
    return 'it requires a value, and in the other table it does not; let it be NULL in a release before'
  return isAlways || preset
    ? undefined
    : 'it requires a value, and its row is there before the one that has it then, or without one; let it be NULL, or have a default, in a release before'
}

interface Written extends Pick<MovedColumn, 'from' | 'to'> {
  readonly isAlways: boolean
}

/** The one foreign key between two tables, in either direction; or why there is none, in words that follow "since". */
function findPair(
  old: Name,
  next: Name,
  known: KnownObjects,
  isKept: (table: Name, constraint: string) => boolean,
) {
  const references = ([refers, referred]: readonly [Name, Name]) => {
    const table = known.table(refers)
    return (table ? referencesOf(table, referred) : [])
      .filter(([name]) => isKept(refers, name))
      .map(([name, key]) => ({ name, key, table, referred }))
  }
  const [olds, nexts] = [references([old, next]), references([next, old])]
  const [one, ...others] = [...olds, ...nexts]
  if (!one?.table) return 'no foreign key that stays connects the two tables'
  if (others.length > 0)
    return `several foreign keys connect the two tables: ${[one, ...others].map(({ name }) => name).join(', ')}`
  const { name, key, table } = one
  if (key.definition.deferrable) return `${name} is deferrable`
  if (key.definition.is_enforced !== true) return `${name} is not enforced`
  if (!isUnique(table, key.columns, (one) => isKept(olds.length > 0 ? old : next, one)))
    return `several rows may have one ${key.columns.join(', ')}, and would have one value together; let ${name} be one to one, by a unique key, in a release before`
  const keys = listReferred(one.key, known.table(one.referred))
  return olds.length > 0
    ? { refers: 'old' as const, old: key.columns, next: keys }
    : { refers: 'next' as const, old: keys, next: key.columns }
}

/** By a key or an index of these columns, or of some of them, that stays. */
function isUnique(
  { constraints, indexes }: KnownTable,
  columns: readonly string[],
  isKept: (name: string) => boolean,
): boolean {
  const isOf = (some: readonly string[]) =>
    some.length > 0 && some.every((one) => columns.includes(one))
  const keys = [...constraints].filter(
    ([, { type, definition }]) =>
      (type === 'CONSTR_UNIQUE' || type === 'CONSTR_PRIMARY') && !definition.deferrable,
  )
  const built = [...indexes].filter(([, { definition }]) => definition?.unique === true)
  return [...keys, ...built].some(([name, one]) => isKept(name) && isOf(one.columns))
}

/** A foreign key that names no columns refers to the primary key. */
function listReferred(
  { definition }: KnownConstraint,
  table: KnownTable | undefined,
): readonly string[] {
  const { pk_attrs = [] } = definition
  if (pk_attrs.length > 0) return pk_attrs.map((one) => readName(one).name)
  const all = [...(table?.constraints.values() ?? [])]
  return all.find(({ type }) => type === 'CONSTR_PRIMARY')?.columns ?? []
}
