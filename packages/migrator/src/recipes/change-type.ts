import type { KnownObjects } from '../known/known-objects.ts'
import type { TypeChange } from '../known/type-changes.ts'
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
import type { Generated, Recipe, RecipeFile } from './recipe.ts'
import { writeBackfill } from './write-backfill.ts'

/**
 * Columns of another type beside the old ones, equal in every row: one, or a key with what refers to it. Both releases use the
 * old ones until the last step, in which the others take their places. `generated` of the same columns: without the changes
 * themselves on the way up.
 */
export async function changeTypes(
  changes: readonly TypeChange[],
  generated: Generated,
  known: KnownObjects,
): Promise<Recipe> {
  const copies = await planCopies(changes, known)
  const begin = copies.flatMap(beginCopy)
  const fills = copies.map(({ fill }) => `${writeFill(fill)};`)
  const parts = listParts(copies)
  const build = [...copies.flatMap(proveCopy), ...parts.flatMap(({ make }) => make)]
  const undone = copies.toReversed()
  return [
    {
      suffix: 'add',
      up: begin,
      down: [...undone.map(fillBack), ...undone.flatMap(undoCopy)],
      requires: copies.map((copy) => roomFor(copy, copies)),
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
      allow: {},
      down: [{ generated: generated.down }, ...begin, ...fills, ...build],
      requires: copies.map((copy) => keepsAll(copy, copies)),
      isTogether: true,
    },
  ]
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

function fillCopy({ old, next, fill: { table, to, cast } }: Copy, known: KnownObjects): RecipeFile {
  const backfill = writeBackfill(known, table, {
    set: { [to]: cast === undefined ? old : `${old}::${cast}` },
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
