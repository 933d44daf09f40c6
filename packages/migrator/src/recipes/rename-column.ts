import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Backfill, Check, Name } from '../migration.ts'
import { differs } from '../sql/differs.ts'
import { writeFill } from '../sql/fill.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeColumnType } from './column-type.ts'
import { writeDual } from './dual-write.ts'
import { copyIndexes, type IndexCopy } from './index-copies.ts'
import type { Generated, Recipe, RecipeFile } from './recipe.ts'
import { writeBackfill } from './write-backfill.ts'

export interface RenamedColumn {
  readonly table: Name
  readonly from: string
  readonly to: string
  /** As the migrations before have made it. */
  readonly column: ColumnDef
}

/**
 * A column that goes on under both names: a second one has the new name, equal in every row, and its indexes. Once nobody
 * asks for the old name the second one goes, and the first one gets its name: with all that is made of it, whatever that is.
 */
export async function renameColumn(
  renamed: RenamedColumn,
  known: KnownObjects,
  generated: Generated,
): Promise<Recipe> {
  const { table, from, to } = renamed
  const target = quoteName(table.name, table.schema)
  const [old, next] = [quoteName(from), quoteName(to)]
  const dual = writeDual({
    table,
    about: `${from}_${to}`,
    forward: { [to]: old },
    back: { [from]: next },
  })
  const indexes = await copyIndexes(known, renamed)
  const make = [
    `alter table ${target} add column ${next} ${await writeColumnType(renamed.column)};`,
    ...dual.make,
  ]
  // By it the archive knows that the other column has what it would keep; it finds no row to fill.
  const goes = [
    `${writeFill({ table, from: to, to: from })};`,
    ...dual.drop,
    `alter table ${target} drop column ${next};`,
  ]
  const fillAgain = `${writeFill({ table, from, to })};`
  return [
    { suffix: 'add', up: make, down: goes, isTogether: true },
    { suffix: 'backfill', up: [], down: [], backfill: fillFrom(renamed, known) },
    ...(indexes.length === 0 ? [] : [buildAll(indexes, `${target} (${next})`)]),
    {
      suffix: 'contract',
      up: [...goes, { generated: generated.up }],
      allow: {},
      down: [{ generated: generated.down }, ...make, fillAgain, ...indexes.map((one) => one.make)],
      requires: [bothEqual(target, old, next)],
      isTogether: true,
    },
  ]
}

function buildAll(indexes: readonly IndexCopy[], columns: string): RecipeFile {
  return {
    suffix: 'build',
    up: [...indexes.map((one) => one.make), `analyze ${columns};`],
    down: indexes.map((one) => one.drop),
    survives:
      'a column under a second name is unique where the first one is, which refuses the same',
  }
}

function fillFrom({ table, from, to }: RenamedColumn, known: KnownObjects): Backfill {
  return writeBackfill(known, table, {
    set: { [to]: quoteName(from) },
    remains: `${quoteName(to)} is null and ${quoteName(from)} is not null`,
  })
}

function bothEqual(target: string, old: string, next: string): Check {
  return {
    query: `select count(*) as different from ${target} where ${differs(old, next)}`,
    says: `${old} and ${next} of ${target} are one column under two names, and differ in some rows. Make them equal there, then run this again.`,
  }
}
