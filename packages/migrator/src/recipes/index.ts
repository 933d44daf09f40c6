import type { Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownTable } from '../known/known-table.ts'
import { listAddedColumns, listCommands } from '../known/parts.ts'
import type { TypeChange } from '../known/type-changes.ts'
import type { Name } from '../migration.ts'
import { shown, toKey } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { hasQuotes } from '../safe-forms/why-rewritten.ts'
import { findRenaming } from '../sql/renaming.ts'
import { changeCount } from './change-count.ts'
import { changeTypes } from './change-type.ts'
import { findReplaced, type Fills } from './fills.ts'
import { findMoves, type Renames } from './find-moves.ts'
import { splitCommands, takeOut, withoutMadeAgain } from './generated.ts'
import { endsCount, nameAfter, planMade, splitDetaching } from './made-sets.ts'
import { moveColumn, type MovedColumn } from './move-column.ts'
import { separateTables } from './new-tables.ts'
import type { Generated, Recipe } from './recipe.ts'
import { renameColumns, type RenamedColumn } from './rename-column.ts'
import { isTableRename, renameTable, type RenamedTable } from './rename-table.ts'
import { replaceColumns, type Replacement } from './replace-columns.ts'
import { findCopied, findRetyped } from './type-sets.ts'
import { whyNotBeside, whyNotEmpty } from './unfit.ts'

/** What there is before a change, and what was answered. */
export interface RecipeContext {
  readonly known: KnownObjects
  /** What the previous release of the application knows; absent where there is none. */
  readonly previous?: KnownObjects
  readonly fills?: Fills
  readonly renames?: Renames
}

/** Changes that have a recipe, and the generated statements that are none of theirs. */
export interface Planned {
  readonly recipes: readonly Recipe[]
  readonly rest: Generated
}

/**
 * Finds the changes of generated statements that the previous release would not survive, and that are made beside it by a
 * recipe. Throws RECIPE_REFUSED, RECIPE_UNDECIDED, RENAMES_UNKNOWN.
 */
export async function planRecipes(generated: Generated, context: RecipeContext): Promise<Planned> {
  const { previous, fills = new Map(), renames = new Map() } = context
  const known = context.known.copy()
  const recipes: Recipe[] = []
  const separated = await separateTables(generated, renames, known)
  let { rest } = separated
  const take = async (planned: PlannedOne | undefined) => {
    if (!planned) return
    recipes.push(planned.recipe)
    rest = planned.rest
    await learnFunctions(planned.recipe, known)
  }
  await take(await changeCount(rest, known))
  for (const move of await findMoves(await splitCommands(rest), renames, known))
    await take(await planMove(move, rest, known))
  const retyped = await findRetyped(rest, { known, ...(previous && { previous }) })
  for (const text of previous ? generated.up : [])
    if (rest.up.includes(text))
      await take(await planRenaming(text, rest, { ...context, known, retyped }))
  const left = new Map(fills)
  for (const changes of previous ? await findCopied(rest, context) : [])
    await take(await planTypeChanges(changes, rest, { known, fills: left }))
  const answers = { known, previous, fills: left, whole: generated }
  for (const replaced of await findReplaced(rest, answers))
    await take(await planReplacement(replaced, rest, known))
  const { tables } = separated
  return {
    recipes,
    rest: { up: [...tables.up, ...rest.up], down: [...rest.down, ...tables.down] },
  }
}

/** Tables and columns of other names may make one name together: job_a.b and job.a_b. */
async function learnFunctions([add]: Recipe, known: KnownObjects): Promise<void> {
  for (const step of add?.up ?? []) {
    const node = typeof step === 'string' ? await readOne(step) : undefined
    if (node && 'CreateFunctionStmt' in node) known.learn(node)
  }
}

interface PlannedOne {
  readonly recipe: Recipe
  readonly rest: Generated
}

/** Of a table or a column that the previous release knows, and that gets another name. */
async function planRenaming(
  text: string,
  rest: Generated,
  { known, previous, retyped }: RecipeContext & { readonly retyped: ReadonlySet<string> },
): Promise<PlannedOne | undefined> {
  const node = await readOne(text)
  const renaming = node && findRenaming(node)
  if (!renaming || !('to' in renaming)) return undefined
  const { from, to, column } = renaming
  const there = previous?.table(from)
  if (!column)
    return there && isTableRename(node) ? planTableRename({ from, to }, rest, known) : undefined
  if (!there?.columns.has(column.from) || retyped.has(`${toKey(from)}.${column.from}`))
    return undefined
  const other = [...there.columns.keys()].find((name) => retyped.has(`${toKey(from)}.${name}`))
  if (other !== undefined)
    throw failure('RECIPE_REFUSED', {
      change: `${shown(from)}.${column.from} is renamed to ${column.to}`,
      reason: `${other} of the same table becomes a uuid under another name; do one after the other`,
    })
  return planRename(from, there, rest, known)
}

async function planTableRename(
  renamed: RenamedTable,
  generated: Generated,
  known: KnownObjects,
): Promise<PlannedOne> {
  const keys = new Set([renamed.from, renamed.to].map(toKey))
  const isRename = (node: Node) => {
    const one = findRenaming(node)
    return isTableRename(node) && one !== undefined && 'to' in one && keys.has(toKey(one.from))
  }
  for (const text of generated.up) {
    const node = await readOne(text)
    const column = readColumnRename(node, renamed.from) ?? readColumnRename(node, renamed.to)
    if (!column) continue
    const change = `${shown(renamed.from)} is renamed to ${renamed.to.name}, and its column ${column.from} to ${column.to}`
    const reason = 'its view would have the new name of the column; rename one after the other'
    throw failure('RECIPE_REFUSED', { change, reason })
  }
  if (known.table(renamed.from)?.isWhole === false) {
    const change = `${shown(renamed.from)} is renamed to ${renamed.to.name}`
    const reason =
      'it was made with LIKE, INHERITS, OF or PARTITION OF, and its columns are not all known'
    throw failure('RECIPE_REFUSED', { change, reason })
  }
  const [rest, own] = await takeOut(generated, known, isRename)
  return { recipe: await renameTable(renamed, own, known), rest }
}

/** All columns of a table that get other names: an index or a key may be of several. */
async function planRename(
  table: Name,
  there: KnownTable,
  generated: Generated,
  known: KnownObjects,
): Promise<PlannedOne> {
  const columns: RenamedColumn[] = []
  for (const text of generated.up) {
    const renamed = readColumnRename(await readOne(text), table)
    if (!renamed || !there.columns.has(renamed.from)) continue
    const { from, to } = renamed
    const column = known.table(table)?.columns.get(from)
    const reason =
      (hasQuotes(table, from, to) ? 'a name has dollar signs' : undefined) ??
      whyNotBeside(known, table, [from]) ??
      (column ? whyNotEmpty(known, [column]) : 'no migration here has made the column')
    const change = `${shown(table)}.${from} is renamed to ${to}`
    if (reason !== undefined || !column)
      throw failure('RECIPE_REFUSED', { change, reason: reason ?? '' })
    columns.push({ from, to, column })
  }
  const names = new Set(columns.flatMap(({ from, to }) => [from, to]))
  const isRename = (node: Node) => names.has(readColumnRename(node, table)?.from ?? '')
  const [rest, own] = await takeOut(generated, known, isRename)
  return { recipe: await renameColumns(table, columns, known, own), rest }
}

function readColumnRename(node: Node | undefined, table: Name) {
  const one = node && findRenaming(node)
  return one && 'to' in one && toKey(one.from) === toKey(table) ? one.column : undefined
}

async function planTypeChanges(
  set: readonly TypeChange[],
  generated: Generated,
  { known, fills }: { readonly known: KnownObjects; readonly fills: Map<string, string> },
): Promise<PlannedOne> {
  const { changes, made, isCount } = await planMade(set, generated.up, { known, fills })
  const isOf = (table: Name, name: string | undefined) =>
    changes.some((one) => toKey(table) === toKey(one.table) && name === nameAfter(one))
  const isChange = (node: Node) =>
    listCommands(node, 'AlterColumnType').some(({ table, name }) => isOf(table, name)) ||
    changes.some((one) => isRenameOf(node, one))
  const isOwn = (node: Node) => isChange(node) || isCount(node)
  const [rest, own] = await takeOut(await splitCommands(generated), known, isOwn)
  const others: string[] = []
  for (const text of own.up) {
    const node = await readOne(text)
    if (!node || !(isOwn(node) || endsCount(node, made))) others.push(text)
  }
  const up = await withoutMadeAgain(others, known)
  // Each by itself: a key that goes and comes back under another name would be renamed only.
  const down = made.length === 0 ? [own.down] : await splitDetaching(own.down)
  return { recipe: await changeTypes(changes, { up, down }, known, made), rest }
}

/** There or back. */
function isRenameOf(node: Node, { table, name, becomes }: TypeChange): boolean {
  const { from, to } = readColumnRename(node, table) ?? {}
  if (from === undefined) return false
  return (from === name && to === becomes) || (from === becomes && to === name)
}

async function planMove(
  move: MovedColumn,
  generated: Generated,
  known: KnownObjects,
): Promise<PlannedOne> {
  const isOwn = (node: Node) =>
    [move.old, move.next].some((one) => isAbout(node, one.table, new Set([one.column])))
  const [rest, own] = await takeOut(await splitCommands(generated), known, isOwn)
  return { recipe: await moveColumn(move, own, known), rest }
}

async function planReplacement(
  replaced: Replacement,
  generated: Generated,
  known: KnownObjects,
): Promise<PlannedOne> {
  const { table, forward, back, added, dropped } = replaced
  const there = Object.keys({ ...forward, ...back }).filter((column) => !added.has(column))
  const reason = whyNotBeside(known, table, there) ?? whyNotEmpty(known, [...added.values()])
  const names = Object.keys(forward).join(', ')
  if (reason !== undefined)
    throw failure('RECIPE_REFUSED', { change: `${names} of ${shown(table)} gets values`, reason })
  const isOwn = (node: Node) =>
    isAbout(node, table, new Set([...added.keys(), ...dropped.keys()])) ||
    isRequiring(node, table, forward)
  const [rest, own] = await takeOut(await splitCommands(generated), known, isOwn)
  return { recipe: await replaceColumns(replaced, own, known), rest }
}

function isAbout(node: Node, table: Name, columns: ReadonlySet<string>): boolean {
  const all: { readonly table: Name; readonly name: string }[] = [
    ...listAddedColumns(node),
    ...listCommands(node, 'DropColumn'),
  ]
  return all.some((one) => toKey(one.table) === toKey(table) && columns.has(one.name))
}

function isRequiring(node: Node, table: Name, forward: Replacement['forward']): boolean {
  return listCommands(node, 'SetNotNull', 'DropNotNull').some(
    (one) => toKey(one.table) === toKey(table) && one.name in forward,
  )
}
