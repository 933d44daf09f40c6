import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check } from '../migration.ts'
import { differs } from '../sql/differs.ts'
import { isNull } from '../sql/is-null.ts'
import { quoteName } from '../sql/quote-name.ts'
import { addAgain, writeSettings } from './column-settings.ts'
import { showType, writeColumnType } from '../safe-forms/copy-column.ts'
import {
  isPartner,
  mayWriteBoth,
  nameAs,
  nameMoved,
  nameTable,
  writeMoved,
  writeReader,
  type Move,
  type MovedSide,
} from './moved-writes.ts'
import type { Generated, Recipe, RecipeFile } from './recipe.ts'
import { sortDown, sortUp } from './sort-generated.ts'
import type { TriggerStatements } from './triggers.ts'
import { writeBackfill } from './write-backfill.ts'

export interface MovedColumn extends Move {
  /** As the migrations before have made it. */
  readonly from: ColumnDef
  /** As it is added to the other table. */
  readonly to: ColumnDef
}

/**
 * A column that goes on in another table, beside the old one: whichever release writes a row, the row that belongs to it in the
 * other table follows. Once nobody reads the old column it goes, and the new one gets what it requires.
 */
export async function moveColumn(
  move: MovedColumn,
  generated: Generated,
  known: KnownObjects,
): Promise<Recipe> {
  const { old, next } = move
  const [added, dropped] = [new Map([[next.column, move.to]]), new Map([[old.column, move.from]])]
  const sides = { table: next.table, added, dropped }
  const up = await sortUp(generated, sides, known)
  const down = await sortDown(generated, sides, up.indexes)
  const [set, unset] = await writeSettings(`alter table ${nameTable(next)}`, added)
  const { both, value } = await writeBoth(move, known)
  const own = quoteName(next.column)
  const remains = `${isNull(own)} and ${differs(own, value)}`
  const backfill = writeBackfill(known, next.table, { set: { [next.column]: value }, remains })
  const { adds, requires } = await addAgain(old.table, dropped)
  // The triggers first, which wait for whoever writes: the new release goes on, and writes rows without the old column.
  const again = [...adds, ...both.make, updateFrom(next, old), ...requires, ...down.after]
  const builds = { up: [{ generated: up.builds }], down: [{ generated: down.unbuilds }] }
  return [
    await addColumn(move, both),
    { suffix: 'backfill', up: [], down: [], backfill },
    ...(up.builds.length === 0 ? [] : [{ suffix: 'build', ...builds } as const]),
    {
      suffix: 'contract',
      // While the triggers are there, so that no row is written meanwhile that would not fit. They go together with the old column:
      // the new release writes rows without it.
      up: [{ generated: [...set, ...up.before] }, ...both.drop, { generated: up.switches }],
      isTogether: true,
      requires: [nothingLeft(move)],
      allow: { 'deletes-data': `${next.column} got the values of ${old.column}` },
      down: [{ generated: [...down.before, ...unset] }, { generated: again }],
    },
  ]
}

async function addColumn(move: MovedColumn, both: TriggerStatements): Promise<RecipeFile> {
  const alter = `alter table ${nameTable(move.next)}`
  const column = quoteName(move.next.column)
  return {
    suffix: 'add',
    up: [`${alter} add column ${column} ${await writeColumnType(move.to)};`, ...both.make],
    down: [...both.drop, `${alter} drop column ${column};`],
    requires: mayWriteBoth(move),
  }
}

/** What keeps both columns equal, and what the new one gets in rows that are there. */
async function writeBoth(move: MovedColumn, known: KnownObjects) {
  const { columns } = known.table(move.next.table) ?? {}
  const keys = move.next.keys.map((key) => showType(columns?.get(key) ?? {}))
  const value = await showType(move.to)
  const name = nameMoved(move, known)
  const triggers = writeMoved(move, name)
  const reader = writeReader(move, name, { keys: await Promise.all(keys), value })
  const both = {
    make: [...triggers.make, reader.make],
    drop: [reader.drop, ...triggers.drop],
  }
  return { both, value: reader.value }
}

/** What the rows of one table get from those that belong to them in the other. */
function updateFrom(from: MovedSide, to: MovedSide): string {
  const value = `other.${quoteName(from.column)}`
  return `update ${nameAs(to, 'own')} set ${quoteName(to.column)} = ${value} from ${nameAs(from, 'other')} where ${isPartner(from, 'other', to, 'own')};`
}

/** The default of the column in a row without a partner says nothing, and may be all that it can have there. */
function nothingLeft({ old, next, preset }: Move): Check {
  const [from, to] = [nameTable(old), nameTable(next)]
  const [value, moved] = [`own.${quoteName(old.column)}`, `other.${quoteName(next.column)}`]
  const partners = `select from ${nameAs(next, 'other')} where ${isPartner(next, 'other', old, 'own')}`
  const isSaid =
    preset === undefined ? '' : ` and (${differs(value, preset)} or exists (${partners}))`
  return {
    query: `select count(*) as unmoved from ${nameAs(old, 'own')} where not ${isNull(value)}${isSaid} and not exists (
       ${partners} and not ${differs(moved, value)})`,
    says: `${quoteName(old.column)} of ${from} has values in rows to which no row of ${to} belongs, or none that has the same. Run the backfill again, and give the others a row of ${to}, or set ${quoteName(old.column)} to NULL there. Then run this again.`,
  }
}
