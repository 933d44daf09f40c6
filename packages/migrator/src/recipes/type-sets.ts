import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { readType, toWhole } from '../known/parts.ts'
import { isLong, listTypeChanges, WHOLE, type TypeChange } from '../known/type-changes.ts'
import { columnsIn, shown, toKey } from '../phase/release.ts'
import { holdsEvery } from '../safe-forms/casts.ts'
import { whyNotCounted } from '../safe-forms/copied-count.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import {
  isOfPrimaryKey,
  listReferences,
  whyRewritten,
  whyUncopied,
  type Reference,
} from '../safe-forms/why-rewritten.ts'
import { isMade, whyNotMade } from './made-sets.ts'
import { findRenaming } from '../sql/renaming.ts'
import type { Generated } from './recipe.ts'
import { whyNotBeside } from './unfit.ts'

interface Chain {
  readonly known: KnownObjects
  /** What the previous release of the application knows. */
  readonly previous?: KnownObjects
}

/**
 * The changes of type that are made by copies, where each value has one of the new type: of columns that the previous release
 * knows, and that are tied to each other by a key or an index, together. Throws RECIPE_REFUSED of a key whose rows would be
 * written again while nobody can use it.
 */
export async function findCopied(
  { up }: Generated,
  { known, previous }: Chain,
): Promise<TypeChange[][]> {
  const changes = (await listChanges(up, known)).filter(
    (one) => one.becomes === undefined || isMade(one),
  )
  const sets = listSets(
    changes.filter((one) => isLong(one) && (isMade(one) || holdsEvery(one))),
    known,
  )
  for (const set of sets) refuseLost(set, known)
  const isKnown = ({ table, name }: TypeChange) =>
    previous?.table(table)?.columns.has(name) === true
  return sets.flatMap((set) => {
    if (!set.some((one) => isKnown(one) && isKey(one, known)))
      return listAlone(
        set.filter((one) => isKnown(one) && holdsEvery(one)),
        known,
      )
    for (const one of set) refuseUnfit(one, set, known)
    return [set]
  })
}

/** By the names that there are before; of a column that gets another name, too, with that. */
async function listChanges(up: readonly string[], known: KnownObjects): Promise<TypeChange[]> {
  const [ahead, changes] = [known.copy(), [] as TypeChange[]]
  const before = new Map<string, string>()
  for (const text of up) {
    const node = await readOne(text)
    const renaming = node && findRenaming(node)
    if (!node) continue
    if (renaming && 'column' in renaming && renaming.column) {
      ahead.learn(node)
      before.set(`${toKey(renaming.from)}.${renaming.column.to}`, renaming.column.from)
    }
    for (const one of listTypeChanges(node, ahead)) {
      const name = before.get(`${toKey(one.table)}.${one.name}`)
      changes.push(name === undefined ? one : { ...one, name, becomes: one.name })
    }
  }
  return changes
}

/** Columns that become uuids under another name, as `table.name` of before: no rename of theirs is one alone. */
export async function findRetyped(
  { up }: Generated,
  { known, previous }: Chain,
): Promise<ReadonlySet<string>> {
  const changes = await listChanges(up, known)
  return new Set(
    changes.flatMap((one) => {
      const isKnown = previous?.table(one.table)?.columns.has(one.name) === true
      return one.becomes !== undefined && isKnown && isMade(one)
        ? [`${toKey(one.table)}.${one.name}`]
        : []
    }),
  )
}

/** Throws RECIPE_REFUSED of numbers that would become uuids, and of which no foreign key says what they refer to. */
function refuseLost(set: readonly TypeChange[], known: KnownObjects): void {
  if (set.some((one) => isKey(one, known))) return
  for (const one of set) if (isMade(one) && isWhole(one)) refuse(one, IS_LOST)
}

const isWhole = ({ from }: TypeChange) => WHOLE.has(toWhole(readType(from ?? {}).name))

const IS_LOST =
  'no number is a uuid, and no foreign key says to which row it refers; make that key first, or add a column of the other type in place of it'

/** Columns that are no key: what cannot be copied is changed in place. */
function listAlone(set: readonly TypeChange[], known: KnownObjects): TypeChange[][] {
  const copied = set.filter(
    (one) =>
      whyRewritten(one, known) === undefined &&
      whyNotBeside(known, one.table, [one.name]) === undefined,
  )
  return listSets(copied, known)
}

/** True of a column by which rows are known: part of a primary key, or what foreign keys refer to. */
function isKey({ table, name }: TypeChange, known: KnownObjects): boolean {
  return isOfPrimaryKey(known, table, name) || listReferences(known, table, name).length > 0
}

/** Throws RECIPE_REFUSED. */
function refuseUnfit(change: TypeChange, set: readonly TypeChange[], known: KnownObjects): void {
  const reason = whyUnfit(change, set, known)
  if (reason !== undefined) refuse(change, reason)
}

function refuse(change: TypeChange, reason: string): never {
  const { table, name } = change
  throw failure('RECIPE_REFUSED', {
    change: `the type of ${shown(table)}.${name} is changed`,
    reason,
    // In place there is nothing that could give a number its uuid.
    isBesideAlone: isMade(change) && isWhole(change),
  })
}

function whyUnfit(
  change: TypeChange,
  set: readonly TypeChange[],
  known: KnownObjects,
): string | undefined {
  const { table, name } = change
  const references = listReferences(known, table, name).map((one) => whyNotReferred(one, set))
  return (
    references.find((one) => one !== undefined) ??
    (isMade(change)
      ? whyNotMade(change, set, known)
      : (whyNotCounted(change, known) ?? whyUncopied(change, known))) ??
    // Nothing writes the numbers of a key that gets its uuids beside them.
    whyNotBeside(known, table, isMade(change) ? [] : [name])
  )
}

function whyNotReferred(
  { table, name, columns }: Reference,
  set: readonly TypeChange[],
): string | undefined {
  if (columns.length > 1) return `${name} of ${shown(table)} refers to it by several columns`
  const isCopied = set.some((one) => toKey(one.table) === toKey(table) && columns[0] === one.name)
  return isCopied ? undefined : `${name} of ${shown(table)} is of a column that keeps its type`
}

/** Changes that are tied to each other, directly or by others. */
function listSets(changes: readonly TypeChange[], known: KnownObjects): TypeChange[][] {
  const left = new Set(changes)
  const sets: TypeChange[][] = []
  for (const first of changes) {
    if (!left.delete(first)) continue
    const set = [first]
    for (const one of set)
      for (const other of left)
        if (isTied(one, other, known) || isTied(other, one, known)) {
          left.delete(other)
          set.push(other)
        }
    sets.push(changes.filter((one) => set.includes(one)))
  }
  return sets
}

/** By a foreign key of `one` that refers to `other`, or by an index or a constraint of both. */
function isTied(one: TypeChange, other: TypeChange, known: KnownObjects): boolean {
  const refers = listReferences(known, other.table, other.name).some(
    ({ table, columns }) => toKey(table) === toKey(one.table) && columns.includes(one.name),
  )
  const { indexes = new Map(), constraints = new Map() } = known.table(one.table) ?? {}
  const isOfBoth = (columns: readonly string[]) =>
    columns.includes(one.name) && columns.includes(other.name)
  return (
    refers ||
    (toKey(one.table) === toKey(other.table) &&
      ([...indexes.values()].some(({ columns, definition }) =>
        isOfBoth([...columns, ...columnsIn(definition)]),
      ) ||
        [...constraints.values()].some(({ columns }) => isOfBoth(columns))))
  )
}
