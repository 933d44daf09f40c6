import type { ColumnDef, Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { isComputed, listAddedColumns, listCommands } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { columnsIn, readNames, shown, toKey, toName } from '../phase/release.ts'
import { messageFrom } from '../errors/message-from.ts'
import { nodesIn } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'
import { findRenaming } from '../sql/renaming.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import type { Generated } from './recipe.ts'
import type { Replacement } from './replace-columns.ts'
import { splitCommands } from './generated.ts'

/** By column, as `table.column`: the value that it gets, as SQL. */
export type Fills = ReadonlyMap<string, string>

interface FillContext {
  readonly known: KnownObjects
  readonly previous: KnownObjects | undefined
  readonly fills: Fills
  /** All statements of the change, those of other recipes among them. */
  readonly whole: Generated
}

/** What a table gets and loses, and what it requires. */
interface TableChange {
  readonly table: Name
  readonly added: Map<string, ColumnDef>
  readonly dropped: Map<string, ColumnDef>
  readonly required: Set<string>
  /** By what columns of it are called before, what they are called afterwards. */
  readonly renamed: Map<string, string>
}

/**
 * Finds the columns for which there are values, table by table. Throws RENAMES_UNKNOWN for a value that is for nothing, and
 * RECIPE_UNDECIDED where the previous release would miss one.
 */
export async function findReplaced(
  generated: Generated,
  { known, previous, fills, whole }: FillContext,
): Promise<Replacement[]> {
  if (fills.size === 0) return []
  const used = new Set<string>()
  const found: Replacement[] = []
  const changes = await listChanges(generated, known, whole)
  for (const change of changes) {
    const { table } = change
    // In the order in which they are given: one may be computed from another.
    const take = (names: readonly string[]) =>
      Object.fromEntries(
        [...fills].flatMap(([key, value]) => {
          const name = names.find((one) => key === `${shown(table)}.${one}`)
          if (name === undefined) return []
          used.add(key)
          return [[name, value] as const]
        }),
      )
    const forward = take([...change.added.keys(), ...change.required])
    const back = take([...change.dropped.keys()])
    if (Object.keys(forward).length === 0) continue
    await refuseUnknown(change, { ...forward, ...back }, known)
    await refuseComputed(change, { ...forward, ...back }, known)
    await refuseMissing(change, back, forward)
    if (previous) await refuseMoved(forward, table, changes, previous)
    found.push(...(await splitKinds(change, forward, back)))
  }
  const unused = [...fills].filter(([key]) => !used.has(key)).map((one) => `fill ${one.join('=')}`)
  if (unused.length > 0) throw failure('RENAMES_UNKNOWN', { unused, open: [] })
  return found
}

/** Columns that take the place of others that go, and those that only get a value. */
async function splitKinds(
  { table, ...change }: TableChange,
  forward: Replacement['forward'],
  back: Replacement['back'],
): Promise<Replacement[]> {
  const [replaced, computed]: [[string, string][], [string, string][]] = [[], []]
  for (const [name, value] of Object.entries(forward))
    // What is written by both releases says nothing about which of them has written.
    (change.added.has(name) && (await reads(value, Object.keys(back))) ? replaced : computed).push([
      name,
      value,
    ])
  return [
    { of: Object.fromEntries(replaced), back },
    { of: Object.fromEntries(computed), back: {} },
  ].flatMap(({ of, back: old }) => {
    if (Object.keys(of).length === 0) return []
    const [added, dropped] = [only(change.added, of), only(change.dropped, old)]
    return [{ table, forward: of, back: old, added, dropped }]
  })
}

function only(
  columns: ReadonlyMap<string, ColumnDef>,
  values: Replacement['forward'],
): ReadonlyMap<string, ColumnDef> {
  return new Map([...columns].filter(([name]) => Object.hasOwn(values, name)))
}

/** Whether an expression reads one of the columns. Throws PROJECT_INVALID. */
async function reads(value: string, columns: readonly string[]): Promise<boolean> {
  return columnsIn(await readValue(value)).some((column) => columns.includes(column))
}

/**
 * A value is written between brackets, so that one that ends them, or with a comment, would be another text there: with what
 * follows it here there would be more or less than two. Throws PROJECT_INVALID.
 */
export async function readValue(value: string): Promise<Node> {
  const refuse = (why: string, error?: unknown) => {
    const reason = `PostgreSQL cannot read the value ${value}: ${why}.`
    return failure('PROJECT_INVALID', { reason }, error)
  }
  const read = await parseSql(`select (${value}), null`).catch((error: unknown) => {
    throw refuse(messageFrom(error), error)
  })
  const [{ node } = {}, ...others] = read
  const { targetList: [own, ...more] = [] } = node && 'SelectStmt' in node ? node.SelectStmt : {}
  if (!own || more.length !== 1 || others.length > 0) throw refuse('it is not one expression')
  return own
}

/** Throws PROJECT_INVALID. A value that reads another table, too, is left to PostgreSQL. */
async function refuseUnknown(
  { table, added, renamed }: TableChange,
  values: Replacement['forward'],
  known: KnownObjects,
): Promise<void> {
  const before = known.table(table)?.columns
  if (!before) return
  // The table's own name is the row.
  const columns = new Set([table.name, ...before.keys(), ...added.keys(), ...renamed.values()])
  for (const [name, value] of Object.entries(values)) {
    const tree = await readValue(value)
    if (nodesIn(tree, 'SubLink').length > 0) continue
    const read = columnsIn(tree)
    const [old, next] = [...renamed].find(([from]) => read.includes(from)) ?? []
    const unknown = read.find((one) => !columns.has(one))
    const why =
      old === undefined
        ? `the column ${unknown}, which ${shown(table)} does not have`
        : `the column ${old} by the name that it loses: read ${next}`
    if (old === undefined && unknown === undefined) continue
    const reason = `The value ${value} for ${shown(table)}.${name} reads ${why}.`
    throw failure('PROJECT_INVALID', { reason })
  }
}

/** Throws RECIPE_REFUSED of a value that reads what PostgreSQL computes of a row after its triggers have made others of it. */
async function refuseComputed(
  { table, added }: TableChange,
  values: Replacement['forward'],
  known: KnownObjects,
): Promise<void> {
  const all = [...(known.table(table)?.columns ?? []), ...added]
  const computed = all.flatMap(([name, column]) => (isComputed(column) ? [name] : []))
  for (const [name, value] of Object.entries(values)) {
    const read = nodesIn(await readValue(value), 'ColumnRef').map(({ fields }) =>
      readNames(fields as Node[]),
    )
    const one = computed.find((own) => read.some((names) => isOf(names, own, table)))
    if (one === undefined) continue
    const change = `${shown(table)}.${name} gets the value ${value}`
    const reason = `PostgreSQL computes ${one} after a trigger could read it; write what ${one} is computed from`
    throw failure('RECIPE_REFUSED', { change, reason })
  }
}

/** By its name, by those of its table and its own, or with its whole row. */
function isOf(names: readonly string[], column: string, { name: table }: Name): boolean {
  const [own, owner = table] = names.toReversed()
  return owner === table && (own === column || (own === table && names.length === 1))
}

/** A column that goes, and from which another one is computed, is read by the previous release for as long as it runs. */
async function refuseMissing(
  { table, dropped }: TableChange,
  back: Replacement['back'],
  forward: Replacement['forward'],
): Promise<void> {
  const missing: string[] = []
  for (const name of dropped.keys())
    for (const value of name in back ? [] : Object.values(forward))
      if (await reads(value, [name])) missing.push(name)
  if (missing.length === 0) return
  throw failure('RECIPE_UNDECIDED', {
    columns: [...new Set(missing)].map((name) => `${shown(table)}.${name}`),
  })
}

/** A trigger of the one table knows nothing of what the previous release writes into the other one. */
async function refuseMoved(
  forward: Replacement['forward'],
  table: Name,
  changes: readonly TableChange[],
  previous: KnownObjects,
): Promise<void> {
  for (const [name, value] of Object.entries(forward)) {
    const asked = new Set(
      nodesIn(await readValue(value), 'RangeVar').map((one) => toKey(toName(one))),
    )
    for (const other of changes) {
      if (!asked.has(toKey(other.table)) || toKey(other.table) === toKey(table)) continue
      const known = [...other.dropped.keys()].filter((one) =>
        previous.table(other.table)?.columns.has(one),
      )
      if (!(await reads(value, known))) continue
      const change = `${shown(table)}.${name} gets the values of ${known.join(', ')} of ${shown(other.table)}`
      const reason = 'what that release writes there would not follow into another table'
      throw failure('RECIPE_REFUSED', { change, reason })
    }
  }
}

async function listChanges(
  generated: Generated,
  known: KnownObjects,
  whole: Generated,
): Promise<TableChange[]> {
  const changes = new Map<string, TableChange>()
  const of = (table: Name): TableChange => {
    const change = changes.get(toKey(table)) ?? {
      table,
      added: new Map<string, ColumnDef>(),
      dropped: new Map<string, ColumnDef>(),
      required: new Set<string>(),
      renamed: new Map<string, string>(),
    }
    changes.set(toKey(table), change)
    return change
  }
  for (const text of (await splitCommands(generated)).up) {
    const node = await readOne(text)
    if (!node) continue
    for (const { table, name, column } of listAddedColumns(node)) of(table).added.set(name, column)
    for (const { table, name } of listCommands(node, 'SetNotNull')) of(table).required.add(name)
    for (const { table, name } of listCommands(node, 'DropColumn')) {
      const column = known.table(table)?.columns.get(name)
      if (column) of(table).dropped.set(name, column)
    }
  }
  for (const text of whole.up) {
    const node = await readOne(text)
    const renaming = node && findRenaming(node)
    if (!renaming || !('column' in renaming) || !renaming.column) continue
    of(renaming.from).renamed.set(renaming.column.from, renaming.column.to)
  }
  return [...changes.values()]
}
