import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { readType, toWhole } from '../known/parts.ts'
import { isLong, listTypeChanges, WHOLE, type TypeChange } from '../known/type-changes.ts'
import { columnsIn, shown, toKey } from '../phase/release.ts'
import { holdsEvery } from '../safe-forms/unfit.ts'
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
  const changes: TypeChange[] = []
  for (const text of up) {
    const node = await readOne(text)
    changes.push(...(node ? listTypeChanges(node, known) : []))
  }
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

function refuse({ table, name }: TypeChange, reason: string): never {
  const change = `the type of ${shown(table)}.${name} is changed`
  throw failure('RECIPE_REFUSED', { change, reason })
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
