import type { KnownObjects } from '../known/known-objects.ts'
import type { TypeChange } from '../known/type-changes.ts'
import type { Backfill } from '../migration.ts'
import { holdsEvery } from '../safe-forms/casts.ts'
import type { CopiedPart } from '../safe-forms/copied-parts.ts'
import {
  beginCopy,
  endCopy,
  isRewrite,
  planCopy,
  proveCopy,
  roomFor,
  showType,
  undoCopy,
  undoProof,
  whyRewritten,
  type Copy,
} from '../safe-forms/copy-column.ts'
import { writeFill } from '../sql/fill.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Generated, Recipe } from './recipe.ts'
import { writeBackfill } from './write-backfill.ts'

/** True of a change that writes every row again, where a copy of the column refuses nothing that the old one takes. */
export function isCopied(change: TypeChange, known: KnownObjects): boolean {
  return isRewrite(change) && holdsEvery(change) && whyRewritten(change, known) === undefined
}

/**
 * A column of another type beside the old one, equal in every row. Both releases use the old one until the last step, in
 * which the other one takes its place. `generated` of the same column: without the change itself on the way up.
 */
export async function changeType(
  change: TypeChange,
  generated: Generated,
  known: KnownObjects,
): Promise<Recipe> {
  const copy = await planCopy(change, known)
  const { table, from, to } = copy.fill
  const begin = beginCopy(copy)
  const build = [...proveCopy(copy), ...copy.parts.flatMap(({ make }) => make)]
  const back = { table, from: to, to: from, cast: await showType(change.from ?? {}) }
  return [
    {
      suffix: 'add',
      up: begin,
      down: [`${writeFill(back)};`, ...undoCopy(copy)],
      requires: [roomFor(copy)],
      isTogether: true,
    },
    { suffix: 'backfill', up: [], down: [], backfill: fillCopy(copy, known) },
    {
      suffix: 'build',
      up: build,
      down: [...copy.parts.toReversed().map((part) => drop(part, copy)), ...undoProof(copy)],
      survives: 'what holds of a column holds of its copy, which its own trigger makes',
    },
    {
      suffix: 'contract',
      // By it the archive and the rules know that the new column has what the old one takes; it finds no row to fill.
      up: [`${writeFill(copy.fill)};`, ...endCopy(copy), { generated: generated.up }],
      allow: {},
      down: [{ generated: generated.down }, ...begin, `${writeFill(copy.fill)};`, ...build],
      isTogether: true,
    },
  ]
}

function fillCopy({ old, next, fill: { table, to, cast } }: Copy, known: KnownObjects): Backfill {
  return writeBackfill(known, table, {
    set: { [to]: cast === undefined ? old : `${old}::${cast}` },
    remains: `${next} is null and ${old} is not null`,
  })
}

function drop({ kind, unique, madeAs }: CopiedPart, { target, fill: { table } }: Copy): string {
  // A key begins as an index.
  return kind === 'index' || unique
    ? `drop index concurrently ${quoteName(madeAs, table.schema)};`
    : `alter table ${target} drop constraint ${quoteName(madeAs)};`
}
