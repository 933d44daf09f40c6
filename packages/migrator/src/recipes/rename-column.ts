import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Name } from '../migration.ts'
import { differs } from '../sql/differs.ts'
import { writeFill } from '../sql/fill.ts'
import { isNull } from '../sql/is-null.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeColumnType } from '../safe-forms/copy-column.ts'
import { writeDual } from './dual-write.ts'
import { copyIndexes, type IndexCopy } from './index-copies.ts'
import type { Generated, Recipe, RecipeFile } from './recipe.ts'
import { writeBackfill } from './write-backfill.ts'

export interface RenamedColumn {
  readonly from: string
  readonly to: string
  /** As the migrations before have made it. */
  readonly column: ColumnDef
}

/**
 * Columns of a table that go on under both names: second ones have the new names, equal in every row, and their indexes. Once
 * nobody asks for the old names the second ones go, and the first ones get their names: with all that is made of them, whatever
 * that is.
 */
export async function renameColumns(
  table: Name,
  columns: readonly RenamedColumn[],
  known: KnownObjects,
  generated: Generated,
): Promise<Recipe> {
  const target = quoteName(table.name, table.schema)
  const indexes = await copyIndexes(known, table, columns)
  const { make, fill, goes, requires: mayKeep } = await writeSeconds(table, columns, known)
  const requires = [noOwnRights(table, columns), mayKeep]
  return [
    { suffix: 'add', up: make, down: goes, requires, isTogether: true },
    ...columns.map((one): RecipeFile => fillFrom(table, one, known)),
    ...(indexes.length === 0 ? [] : [buildAll(indexes, target, columns)]),
    {
      suffix: 'contract',
      up: [...goes, { generated: generated.up }],
      allow: {},
      down: [{ generated: generated.down }, ...make, ...fill, ...indexes.map((one) => one.make)],
      requires: columns.map((one) => bothEqual(target, one)),
      isTogether: true,
    },
  ]
}

/** What makes the second columns, fills them at once, and removes them. */
async function writeSeconds(table: Name, columns: readonly RenamedColumn[], known: KnownObjects) {
  const alter = `alter table ${quoteName(table.name, table.schema)}`
  const about = columns.map(({ from, to }) => `${from}_${to}`).join('_')
  const sides = columns.map(({ from, to }) => ({
    forward: { [to]: quoteName(from) },
    back: { [from]: quoteName(to) },
    areTwins: true as const,
  }))
  const dual = writeDual({ table, about, sides }, known)
  const adds: string[] = []
  for (const { to, column } of columns)
    adds.push(`${alter} add column ${quoteName(to)} ${await writeColumnType(column)};`)
  // By it the archive knows that the other column has what it would keep; it finds no row to fill.
  const saves = columns.map(({ from, to }) => `${writeFill({ table, from: to, to: from })};`)
  const drops = columns.map(({ to }) => `${alter} drop column ${quoteName(to)};`)
  return {
    make: [...adds, ...dual.make],
    fill: columns.map(({ from, to }) => `${writeFill({ table, from, to })};`),
    goes: [...saves, ...dual.drop, ...drops],
    requires: dual.requires,
  }
}

function buildAll(
  indexes: readonly IndexCopy[],
  target: string,
  columns: readonly RenamedColumn[],
): RecipeFile {
  const names = columns.map(({ to }) => quoteName(to)).join(', ')
  return {
    suffix: 'build',
    up: [...indexes.map((one) => one.make), `analyze ${target} (${names});`],
    down: indexes.map((one) => one.drop),
    survives:
      'a column under a second name is unique where the first one is, which refuses the same',
  }
}

function fillFrom(table: Name, { from, to }: RenamedColumn, known: KnownObjects): RecipeFile {
  const [old, next] = [quoteName(from), quoteName(to)]
  const remains = `${isNull(next)} and ${differs(next, old)}`
  const backfill = writeBackfill(known, table, { set: { [to]: old }, remains })
  return { suffix: 'backfill', up: [], down: [], backfill }
}

function bothEqual(target: string, { from, to }: RenamedColumn): Check {
  const [old, next] = [quoteName(from), quoteName(to)]
  return {
    query: `select count(*) as different from ${target} where ${differs(old, next)}`,
    says: `${old} and ${next} of ${target} are one column under two names, and differ in some rows. Make them equal there, then run this again.`,
  }
}

/** A new column has the rights on its table, and none of its own. */
function noOwnRights({ name, schema }: Name, columns: readonly RenamedColumn[]): Check {
  const table = quoteName(name, schema)
  const names = columns.map(({ from }) => quoteLiteral(from)).join(', ')
  const pairs = columns.map(({ from, to }) => `${quoteName(from)} also on ${quoteName(to)}`)
  return {
    query: `select count(*) as rights from pg_attribute a, aclexplode(a.attacl) r
     where a.attrelid = ${quoteLiteral(table)}::regclass and a.attname in (${names})`,
    says: `Roles have rights on single columns of ${table}. In this migration, after the column is added, grant what they have on ${pairs.join(', on ')}, and delete this check. Then run this again.`,
  }
}
