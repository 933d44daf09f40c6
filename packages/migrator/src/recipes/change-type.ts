import type { KnownObjects } from '../known/known-objects.ts'
import type { TypeChange } from '../known/type-changes.ts'
import type { Check } from '../migration.ts'
import type { CopiedPart } from '../safe-forms/copied-parts.ts'
import {
  beginCopy,
  endCopy,
  keepsAll,
  planCopies,
  proveCopy,
  roomFor,
  undoCopy,
  undoProof,
  type Copy,
} from '../safe-forms/copy-column.ts'
import { writeFill } from '../sql/fill.ts'
import { isNull, isSet } from '../sql/is-null.ts'
import { quoteName } from '../sql/quote-name.ts'
import { fitsUuid, makeValues, mayReadKey, refersToSame, type MadeValue } from './made-keys.ts'
import type { Recipe, RecipeFile } from './recipe.ts'
import { writeBackfill } from './write-backfill.ts'

/**
 * Columns of another type beside the old ones, equal in every row: one, or a key with what refers to it. Both releases use the
 * old ones until the last step, in which the others take their places. `generated` of the same columns: without the changes
 * themselves on the way up, and part by part on the way back.
 */
export async function changeTypes(
  changes: readonly TypeChange[],
  generated: { readonly up: readonly string[]; readonly down: readonly (readonly string[])[] },
  known: KnownObjects,
  made: readonly MadeValue[] = [],
): Promise<Recipe> {
  const { copies, cast, ...checks } = await planAll(changes, known, made)
  const begin = copies.flatMap(beginCopy)
  const fills = cast.map(({ fill }) => `${writeFill(fill)};`)
  const parts = listParts(copies)
  const build = [...copies.flatMap(proveCopy), ...parts.flatMap(({ make }) => make)]
  const undone = copies.toReversed()
  return [
    {
      suffix: 'add',
      up: begin,
      down: [...cast.toReversed().map(fillBack), ...undone.flatMap(undoCopy)],
      requires: [...copies.map((copy) => roomFor(copy, copies)), ...checks.fits],
      isTogether: true,
    },
    ...copies.map((copy) => fillCopy(copy, known)),
    {
      suffix: 'build',
      up: build,
      down: [...parts.toReversed().map(dropPart), ...undone.flatMap(undoProof)],
      survives: 'what holds of a column holds of its copy, which its own trigger makes',
    },
    {
      suffix: 'contract',
      // By the fills the archive and the rules know that the new columns have what the old ones take; they find no row.
      up: [...fills, ...endCopies(copies, parts), { generated: generated.up }],
      allow: made.length === 0 ? {} : { 'deletes-data': WHAT_GOES },
      down: [...generated.down.map((one) => ({ generated: one })), ...begin, ...fills, ...build],
      requires: [...copies.map((copy) => keepsAll(copy, copies)), ...checks.areSame],
      undoRequires: checks.hasNoRows,
      isTogether: true,
    },
  ]
}

const WHAT_GOES = 'each row has a uuid in place of its old key, and what refers to it has the same'

/** `cast` are the copies that have the values of the old columns, and give them back. */
async function planAll(
  changes: readonly TypeChange[],
  known: KnownObjects,
  made: readonly MadeValue[],
) {
  const plain = await planCopies(changes, known)
  const madeOf = (n: number) => made.find(({ change }) => change === changes[n])
  const copies = plain.map((copy, n) => {
    const one = madeOf(n)
    return one ? makeValues(copy, one, plain) : copy
  })
  const ofKey = (key: TypeChange | undefined) => copies.find((_, n) => changes[n] === key)
  const own = copies.filter((_, n) => madeOf(n))
  return {
    copies,
    cast: copies.filter((_, n) => !madeOf(n)),
    areSame: copies.flatMap((copy, n) => {
      const key = ofKey(madeOf(n)?.key)
      return key ? refersToSame(copy, key) : []
    }),
    fits: copies.flatMap((copy, n) => {
      const one = madeOf(n)
      const key = ofKey(one?.key)
      if (key) return mayReadKey(copy, key)
      return one?.isCast ? fitsUuid(copy, one.change) : []
    }),
    hasNoRows: [...new Set(own.map(({ target }) => target))].map(hasNoRows),
  }
}

/** No number can be found again of a row that was written since. */
function hasNoRows(target: string): Check {
  return {
    query: `select count(*) as rows from (select from ${target} limit 1) as any_row`,
    says: `The rows of ${target} are known by uuids alone, and what they were known by before is gone: only an empty table has a way back. Go on from here with another migration, or restore a backup.`,
  }
}

/** A foreign key goes before the column to which it refers. */
function endCopies(copies: readonly Copy[], parts: readonly TablePart[]): string[] {
  return [...parts.flatMap(({ detach }) => detach ?? []), ...copies.flatMap(endCopy)]
}

/** Before the copy goes, the old column gets what it has. */
function fillBack({ fill: { table, from, to }, oldType }: Copy): string {
  return `${writeFill({ table, from: to, to: from, cast: oldType })};`
}

interface TablePart extends CopiedPart {
  readonly copy: Copy
}

/** A foreign key comes after the keys to which it refers. */
function listParts(copies: readonly Copy[]): TablePart[] {
  const all = copies.flatMap((copy) => copy.parts.map((one) => ({ ...one, copy })))
  return [true, false].flatMap((isFirst) =>
    all.filter(({ detach }) => (detach === undefined) === isFirst),
  )
}

function fillCopy(
  { old, next, value, fill: { table, to } }: Copy,
  known: KnownObjects,
): RecipeFile {
  const backfill = writeBackfill(known, table, {
    set: { [to]: value },
    remains: `${isNull(next)} and ${isSet(old)}`,
  })
  return { suffix: 'backfill', up: [], down: [], backfill }
}

function dropPart({ kind, unique, madeAs, copy }: TablePart): string {
  // A key begins as an index.
  return kind === 'index' || unique
    ? `drop index concurrently ${quoteName(madeAs, copy.fill.table.schema)};`
    : `alter table ${copy.target} drop constraint ${quoteName(madeAs)};`
}
