import type { ColumnDef, Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listAddedColumns, listCommands, listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { freeName } from '../safe-forms/table.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Generated } from './recipe.ts'

/** Columns that others take the place of. */
interface Replaced {
  /** That of the new ones. */
  readonly table: Name
  readonly added: ReadonlyMap<string, ColumnDef>
  readonly dropped: ReadonlyMap<string, ColumnDef>
}

/**
 * `builds` refuse nothing, and serve the new release; with the rest of it the old one could not go on. `switches` begin with what
 * drops the old columns. `indexes` are those that are built, by name: an index whose name is taken until the switch is built
 * under another one.
 */
export async function sortUp(
  { up }: Generated,
  { table, added, dropped }: Replaced,
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
export async function sortDown(
  { down }: Generated,
  { table, added, dropped }: Replaced,
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
