import type { ColumnDef, Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listAddedColumns, listCommands, listDropped } from '../known/parts.ts'
import type { Backfill, Check, Name } from '../migration.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { fitName, freeName, tableOf } from '../safe-forms/table.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { nodesIn } from '../sql/nodes.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeColumnType } from './column-type.ts'
import { writeDual, type DualWriteStatements, type Values } from './dual-write.ts'
import type { Generated, Recipe, RecipeFile } from './recipe.ts'
import { writeBackfill } from './write-backfill.ts'

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
  const { table, added } = replacement
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
      down: [
        { generated: [...down.before, ...unset] },
        ...(await addAgain(replacement)),
        // Before anything is required of the old columns: the new release writes rows without them.
        ...dual.make,
        ...requireAgain(replacement, alter),
        { generated: down.after },
      ],
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
    query: `select count(*) as roles from pg_roles r
     where r.oid >= 16384 and has_any_column_privilege(r.oid, ${quoteLiteral(target)}::regclass, 'insert, update')
       and not has_table_privilege(r.oid, ${quoteLiteral(read)}::regclass, 'select')`,
    says: `Roles that write ${target} may not read ${read}, from which a value of each row that they write is computed. Grant them SELECT on it, then run this again.`,
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
  const isUnset = Object.keys(values).map((column) => `${quoteName(column)} is null`)
  const isKnown = Object.values(values).map((value) => `(${value}) is not null`)
  return `${isUnset.join(' and ')} and (${isKnown.join(' or ')})`
}

/**
 * `builds` refuse nothing, and serve the new release; with the rest of it the old one could not go on. `switches` begin with what
 * drops the old columns. `indexes` are those that are built, by name: an index whose name is taken until the switch is built
 * under another one.
 */
async function sortUp(
  { up }: Generated,
  { table, added, dropped }: Replacement,
  known: KnownObjects,
) {
  const [builds, before]: [string[], string[]] = [[], []]
  const [switches, names]: [string[], string[]] = [[], []]
  const isLastOf = (node: Node | undefined) =>
    node && listCommands(node, 'DropColumn').some(({ name }) => dropped.has(name))
  const indexes = new Map<string, string>()
  const isTaken = (name: string) => known.ownerOf({ name }) !== undefined
  for (const text of up) {
    const node = await readOne(text)
    if (node && listAddedColumns(node).some(({ name }) => added.has(name))) continue
    const index = node && 'IndexStmt' in node ? node.IndexStmt : undefined
    const name = index && !index.unique ? index.idxname : undefined
    if (!name) {
      const isBefore = dropped.size > 0 && switches.length === 0 && !isLastOf(node)
      ;(isBefore ? before : switches).push(text)
      continue
    }
    const buildAs = isTaken(name) ? freeName(`${name}_new`, isTaken) : name
    indexes.set(name, buildAs)
    if (buildAs === name) {
      builds.push(text)
      continue
    }
    builds.push(`${await deparseSql([{ IndexStmt: { ...index, idxname: buildAs } }])};`)
    names.push(renameIndex(table, buildAs, name))
  }
  return { builds, before, switches: [...switches, ...names], indexes }
}

function renameIndex({ schema }: Name, from: string, to: string): string {
  return `alter index ${quoteName(from, schema)} rename to ${quoteName(to)};`
}

/** What goes `before` the old columns are there again, and what is made `after`. */
async function sortDown(
  { down }: Generated,
  { table, added, dropped }: Replacement,
  indexes: ReadonlyMap<string, string>,
) {
  const [before, after, unbuilds]: [string[], string[], string[]] = [[], [], []]
  let isAfter = false
  for (const text of down) {
    const node = await readOne(text)
    const isAgain = node && listAddedColumns(node).some(({ name }) => dropped.has(name))
    isAfter ||= isAgain === true
    if (isAgain || (node && listCommands(node, 'DropColumn').some(({ name }) => added.has(name))))
      continue
    const name = node && listDropped(node, 'OBJECT_INDEX')[0]?.name
    const builtAs = name === undefined ? undefined : indexes.get(name)
    if (name === undefined || builtAs === undefined) {
      ;(isAfter ? after : before).push(text)
      continue
    }
    unbuilds.push(`drop index ${quoteName(builtAs, table.schema)};`)
    if (builtAs !== name) before.push(renameIndex(table, name, builtAs))
  }
  return { before, after, unbuilds }
}

/** What a new column has once the old release is gone: before, a default would be taken for a value that was written. */
async function writeSettings(
  alter: string,
  added: Replacement['added'],
): Promise<[set: string[], unset: string[]]> {
  const [set, unset]: [string[], string[]] = [[], []]
  for (const [name, column] of added) {
    const of = `${alter} alter column ${quoteName(name)}`
    const preset = await readDefault(column)
    if (preset !== undefined) {
      set.push(`${of} set default ${preset};`)
      unset.unshift(`${of} drop default;`)
    }
    if (isRequired(column)) {
      set.push(`${of} set not null;`)
      unset.unshift(`${of} drop not null;`)
    }
  }
  return [set, unset]
}

async function readDefault(column: ColumnDef): Promise<string | undefined> {
  const preset = constraintsOf(column).find(({ contype }) => contype === 'CONSTR_DEFAULT')
  return preset?.raw_expr && (await deparseSql(preset.raw_expr))
}

const isRequired = (column: ColumnDef) =>
  constraintsOf(column).some(({ contype }) => contype === 'CONSTR_NOTNULL')

/** The old columns with the values that they have by the new ones; what the archive has of them comes on top. */
async function addAgain({ table, back, dropped }: Replacement): Promise<string[]> {
  const target = quoteName(table.name, table.schema)
  const adds: string[] = []
  for (const [name, column] of dropped) {
    const preset = await readDefault(column)
    const set = preset === undefined ? '' : ` set default ${preset}`
    const of = `alter table ${target}`
    adds.push(`${of} add column ${quoteName(name)} ${await writeColumnType(column)};`)
    if (set !== '') adds.push(`${of} alter column ${quoteName(name)}${set};`)
  }
  const sets = Object.entries(back).map(([column, value]) => `${quoteName(column)} = (${value})`)
  return sets.length === 0
    ? adds
    : [...adds, `update ${target} set ${sets.join(', ')} where ${isLeft(back)};`]
}

function requireAgain({ table, dropped }: Replacement, alter: string): string[] {
  return [...dropped].flatMap(([name, column]) =>
    isRequired(column) ? requireColumn(alter, `${table.name}_${name}_is_set`, quoteName(name)) : [],
  )
}

/** A CHECK that is validated tells SET NOT NULL that no row has to be read again. */
function requireColumn(alter: string, name: string, column: string): string[] {
  const check = quoteName(fitName(name))
  return [
    `${alter} add constraint ${check} check (${column} is not null) not valid;`,
    `${alter} validate constraint ${check};`,
    `${alter} alter column ${column} set not null;`,
    `${alter} drop constraint ${check};`,
  ]
}
