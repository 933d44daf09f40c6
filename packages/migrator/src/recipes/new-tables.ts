import type { ColumnDef, Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { listCommands, listConstraints, listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { columnsIn, shown, toKey, toName } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { findSubject } from '../safe-forms/subject.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Renames } from './find-moves.ts'
import type { Generated } from './recipe.ts'

interface Separated {
  /** What makes the new tables, and drops them. */
  readonly tables: Generated
  readonly rest: Generated
}

/**
 * Where a column moves to a table that is made in the same change, the table is made before, without the column, which is added
 * to it then as to any other. `known` learns such tables, with their keys. Throws RECIPE_REFUSED.
 */
export async function separateTables(
  { up, down }: Generated,
  renames: Renames,
  known: KnownObjects,
): Promise<Separated> {
  const moved = new Set(renames.values())
  const made = new Map<string, NewTable>()
  const [tables, rest]: [Ways, Ways] = [
    { up: [], down: [] },
    { up: [], down: [] },
  ]
  const back: string[] = []
  for (const text of up) {
    const node = await readOne(text)
    const table = node && 'CreateStmt' in node ? await splitTable(node, moved) : undefined
    if (table) {
      made.set(toKey(table.name), table)
      known.learn(table.create)
      tables.up.push(`${await deparseSql([table.create])};`)
      rest.up.push(...table.adds)
      continue
    }
    const isOfNew = node !== undefined && isAboutTables(node, made, known)
    if (isOfNew) known.learn(node)
    ;(isOfNew ? tables : rest).up.push(text)
    // With the table it would go in silence; the column goes before.
    if (node && !isOfNew) back.unshift(...undo(node, made))
  }
  for (const text of down) {
    const node = await readOne(text)
    const [dropped] = node ? listDropped(node, 'OBJECT_TABLE') : []
    const table = dropped && made.get(toKey(dropped))
    if (table) rest.down.push(...back.splice(0), ...table.drops)
    const isOfNew = table !== undefined || (node && isAboutTables(node, made, known))
    ;(isOfNew ? tables : rest).down.push(text)
  }
  return { tables, rest }
}

/** What takes an index or a constraint of a new table away. */
function undo(node: Node, made: ReadonlyMap<string, NewTable>): string[] {
  if ('IndexStmt' in node) {
    const { relation, idxname = '' } = node.IndexStmt
    return made.has(toKey(toName(relation)))
      ? [`drop index ${quoteName(idxname, relation?.schemaname)};`]
      : []
  }
  return listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) => {
    const { conname = '' } = def && 'Constraint' in def ? def.Constraint : {}
    const alter = `alter table ${quoteName(table.name, table.schema)}`
    return made.has(toKey(table)) ? [`${alter} drop constraint ${quoteName(conname)};`] : []
  })
}

interface Ways {
  readonly up: string[]
  readonly down: string[]
}

interface NewTable {
  readonly name: Name
  readonly columns: readonly string[]
  readonly create: Node
  /** What adds the columns, and drops them. */
  readonly adds: readonly string[]
  readonly drops: readonly string[]
}

/** The table without the columns that move to it; undefined where none does. */
async function splitTable(
  { CreateStmt: statement }: Extract<Node, { CreateStmt: unknown }>,
  moved: ReadonlySet<string>,
): Promise<NewTable | undefined> {
  const name = toName(statement.relation)
  const isMoved = (one: Node): one is { ColumnDef: ColumnDef } =>
    'ColumnDef' in one && moved.has(`${shown(name)}.${one.ColumnDef.colname}`)
  const elements = statement.tableElts ?? []
  const own = elements.filter(isMoved)
  if (own.length === 0) return undefined
  const columns = own.map(({ ColumnDef: { colname = '' } }) => colname)
  const create: Node = {
    CreateStmt: { ...statement, tableElts: elements.filter((one) => !isMoved(one)) },
  }
  const tied = new Set(
    listConstraints(create).flatMap((one) => [
      ...one.columns,
      ...columnsIn(one.constraint.raw_expr ?? []),
    ]),
  )
  const column = columns.find((one) => tied.has(one))
  if (column !== undefined)
    throw failure('RECIPE_REFUSED', {
      change: `a column moves to ${shown(name)}.${column}`,
      reason: 'the table is made with a key or a check of it; make that in a release afterwards',
    })
  const adds: string[] = []
  for (const def of own) {
    const command = { subtype: 'AT_AddColumn', def, behavior: 'DROP_RESTRICT' } as const
    const cmds = [{ AlterTableCmd: command }]
    const { relation } = statement
    const alter = { objtype: 'OBJECT_TABLE', cmds, ...(relation && { relation }) } as const
    adds.push(`${await deparseSql([{ AlterTableStmt: alter }])};`)
  }
  const alter = `alter table ${quoteName(name.name, name.schema)}`
  const drops = columns.map((one) => `${alter} drop column ${quoteName(one)};`)
  return { name, columns, create, adds, drops }
}

/** True of what is about such a table, and about none of the columns that move to it. */
function isAboutTables(
  node: Node,
  made: ReadonlyMap<string, NewTable>,
  known: KnownObjects,
): boolean {
  const parts = [...(findSubject(node, known)?.parts ?? [])]
  return [...made].some(([key, { columns }]) => {
    const own = parts.filter((one) => one.startsWith(`${key}.`))
    return own.length > 0 && !columns.some((one) => own.includes(`${key}.${one}`))
  })
}
