import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Backfill, Check, Name } from '../migration.ts'
import { tableOf } from '../safe-forms/table.ts'
import { writeSets } from '../sql/backfill.ts'
import { isNull, isSet } from '../sql/is-null.ts'
import { nodesIn } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { addAgain, isRequired, writeSettings } from './column-settings.ts'
import { writeColumnType } from '../safe-forms/copy-column.ts'
import { writeDual, type DualWriteStatements, type Values } from './dual-write.ts'
import type { Generated, Recipe, RecipeFile } from './recipe.ts'
import { sortDown, sortUp } from './sort-generated.ts'
import { writeBackfill } from './write-backfill.ts'
import { countWritersWithout } from './writers.ts'

/** Columns of a table that take the place of others, or get a value that is computed. */
export interface Replacement {
  readonly table: Name
  /** What the columns get that are new, or are to be required. */
  readonly forward: Values
  /** What the columns get that go, for as long as the previous release reads them. */
  readonly back: Values
  /** Those of the columns that are new. */
  readonly added: ReadonlyMap<string, ColumnDef>
  /** Those that go. */
  readonly dropped: ReadonlyMap<string, ColumnDef>
}

/**
 * New columns beside the old ones: whichever release writes a row, the columns of the other one follow. Once nobody reads
 * the old ones they go, and the new ones get what they require.
 */
export async function replaceColumns(
  replacement: Replacement,
  generated: Generated,
  known: KnownObjects,
): Promise<Recipe> {
  const { table, added, dropped } = replacement
  const alter = `alter table ${quoteName(table.name, table.schema)}`
  const dual = writeBoth(replacement, known)
  const makes: string[] = []
  for (const [name, column] of added)
    makes.push(`${alter} add column ${quoteName(name)} ${await writeColumnType(column)};`)
  const drops = [...added.keys()].map((name) => `${alter} drop column ${quoteName(name)};`)
  const up = await sortUp(generated, replacement, known)
  const down = await sortDown(generated, replacement, up.indexes)
  const [set, unset] = await writeSettings(alter, added)
  const builds = { up: [{ generated: up.builds }], down: [{ generated: down.unbuilds }] }
  const requires = [dual.requires, ...(await listMayRead(replacement))]
  const { adds, requires: settings } = await addAgain(table, dropped)
  // The trigger before anything is required of the old columns: the new release writes rows without them.
  const again = [...adds, ...fillBack(replacement), ...dual.make, ...settings, ...down.after]
  return [
    { suffix: 'add', up: [...makes, ...dual.make], down: [...dual.drop, ...drops], requires },
    ...listFills(replacement, known).map(
      (backfill) => ({ suffix: 'backfill', up: [], down: [], backfill }) as const,
    ),
    ...(up.builds.length === 0 ? [] : [{ suffix: 'build', ...builds } as const]),
    {
      suffix: 'contract',
      // While the trigger is there, so that no row is written meanwhile that would not fit. It goes together with the old columns:
      // the new release writes rows without them.
      up: [{ generated: [...set, ...up.before] }, ...dual.drop, { generated: up.switches }],
      isTogether: true,
      requires: [nothingLeft(replacement)],
      ...allowDrops(replacement),
      down: [{ generated: [...down.before, ...unset] }, { generated: again }],
    },
  ]
}

function writeBoth(
  { table, forward, back, added, dropped }: Replacement,
  known: KnownObjects,
): DualWriteStatements {
  const shared = new Set(Object.keys(forward).filter((name) => !added.has(name)))
  const required = new Set([...dropped].flatMap(([name, one]) => (isRequired(one) ? [name] : [])))
  const about = Object.keys(forward).join('_')
  return writeDual({ table, about, sides: [{ forward, back, shared, required }] }, known)
}

/** Columns that take the place of others are set together, and those that are only computed one by one: some may be set. */
function listFills({ table, forward, back }: Replacement, known: KnownObjects): Backfill[] {
  const isTogether = Object.keys(back).length > 0
  const sets = isTogether
    ? [forward]
    : Object.entries(forward).map((one) => Object.fromEntries([one]))
  return sets.map((set) => writeBackfill(known, table, { set, remains: isLeft(set) }))
}

/** Without the reason, `up` would refuse on a large table what the recipe was asked to do. */
function allowDrops({ forward, dropped }: Replacement): Pick<RecipeFile, 'allow'> {
  if (dropped.size === 0) return { allow: {} }
  const from = [...dropped.keys()].join(' and ')
  return {
    allow: { 'deletes-data': `${Object.keys(forward).join(' and ')} got the values of ${from}` },
  }
}

/** The trigger reads other tables as whoever writes the row. */
async function listMayRead({ table, forward, back }: Replacement): Promise<Check[]> {
  const tree = await parseSql(
    `select ${[...Object.values(forward), ...Object.values(back)].map((one) => `(${one}\n)`).join(', ')}`,
  )
  const own = new Set(nodesIn(tree, 'CommonTableExpr').map(({ ctename }) => ctename))
  const tables = nodesIn(tree, 'RangeVar')
    .filter(({ relname }) => !own.has(relname))
    .map((one) => tableOf(one))
  const target = quoteName(table.name, table.schema)
  return [...new Set(tables)].map((read) => ({
    query: countWritersWithout(['select'], target, read),
    says: `Roles that write ${target} may not read ${read}, from which a value of each row that they write is computed. Grant them SELECT on it, and USAGE on its schema, then run this again.`,
  }))
}

function nothingLeft({ table, forward }: Replacement): Check {
  const target = quoteName(table.name, table.schema)
  return {
    query: `select count(*) as unfilled from ${target} where ${isLeft(forward)}`,
    says: `${Object.keys(forward).join(' and ')} of ${target} are not filled in some rows. Run their backfill again, then this.`,
  }
}

/** True of a row in which none of the columns is set, and one could be. */
function isLeft(values: Values): string {
  const isUnset = Object.keys(values).map((column) => isNull(quoteName(column)))
  const isKnown = Object.values(values).map((value) => isSet(`(${value})`))
  return `${isUnset.join(' and ')} and (${isKnown.join(' or ')})`
}

/** The old columns get the values that they have by the new ones. */
function fillBack({ table, back }: Replacement): string[] {
  if (Object.keys(back).length === 0) return []
  return [
    `update ${quoteName(table.name, table.schema)} set ${writeSets(back)} where ${isLeft(back)};`,
  ]
}
