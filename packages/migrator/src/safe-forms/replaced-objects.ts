import type { Constraint, IndexStmt, Node, RangeVar } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { columnsOfIndex } from '../known/known-table.ts'
import { listCommands, listConstraints, listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findRenaming } from '../sql/renaming.ts'
import { indexSafely } from './index-build.ts'
import { keySafely, nameKey } from './keys.ts'
import { readDrop, readOne } from './renamed-objects.ts'
import type { Before, SafeForm } from './safe-form.ts'
import { fitName, tableOf } from './table.ts'
import type { Replaced } from './taken-over.ts'

/** An index or a key that is dropped, and may stay until another one is there. */
interface Leaving extends Pick<Replaced, 'kind' | 'name'> {
  readonly at: number
  readonly table: Name
  readonly columns: readonly string[]
  readonly isPrimary: boolean
  /** Where columns of it stop being required, which those of a primary key cannot. */
  readonly freed: number[]
  /** The last place where an index or a key of the table is made. */
  until?: number
}

/** An index or a key that is made. */
interface Made {
  readonly relation: RangeVar
  readonly name: string
  readonly index?: IndexStmt
  readonly key?: Constraint
}

/**
 * Statements in which an index or a key that goes stays until what is made of the same table is there, with the forms of
 * those that take a place: MikroORM drops first, and until the new one is built no query has an index, and no value has to
 * be unique. One that changes under its own name is built under another.
 */
export async function replaceSafely(
  statements: readonly string[],
  { known, news }: Pick<Before, 'known' | 'news'>,
): Promise<readonly (string | SafeForm)[]> {
  const result: (string | SafeForm)[][] = statements.map((text) => [text])
  const move = (from: number, to: number) => result[to]?.push(...(result[from]?.splice(0) ?? []))
  const there = known.copy()
  const leaving = new Set<Leaving>()
  for (const [n, text] of statements.entries()) {
    const node = await readOne(text)
    if (!node) continue
    const made = readMade(node)
    for (const one of leaving) {
      if (isInTheWay(one, node)) leave(one)
      else if (isFreed(one, node)) one.freed.push(n)
      else if (made && isOfTable(made, one)) {
        const form =
          takesPlace(made, one) && (await replace(one, made, text, { known: there, news }))
        if (form) {
          result[one.at] = []
          result[n] = [form]
          for (const at of one.freed) move(at, n)
          leaving.delete(one)
        } else if (takesPlace(made, one)) leave(one)
        else if (!one.isPrimary) one.until = n
      }
    }
    const next = readLeaving(node, n, there)
    if (next) leaving.add(next)
    there.learn(node)
  }
  for (const one of leaving) leave(one)
  return result.flat()

  function leave(one: Leaving): void {
    leaving.delete(one)
    if (one.until !== undefined) move(one.at, one.until)
  }
}

/** An index or a key that the migrations before have made. */
function readLeaving(node: Node, at: number, there: KnownObjects): Leaving | undefined {
  const drop = readDrop(node, there)
  const table = drop && (drop.table ?? there.ownerOf(drop))
  const owner = table && there.table(table)
  if (!owner || owner.isPartitioned) return undefined
  const constraint = owner.constraints.get(drop.name)
  const index = owner.indexes.get(drop.name)
  if (!index || (drop.kind === 'constraint') !== (constraint !== undefined)) return undefined
  const columns = columnsOfIndex(index)
  const isPrimary = constraint?.type === 'CONSTR_PRIMARY'
  return { kind: drop.kind, name: drop.name, at, table, columns, isPrimary, freed: [] }
}

/** Undefined of what makes no index, and of what makes more than that. */
export function readMade(node: Node): Made | undefined {
  if ('IndexStmt' in node) {
    const { relation, idxname: name } = node.IndexStmt
    return relation && name !== undefined ? { relation, name, index: node.IndexStmt } : undefined
  }
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.cmds?.length !== 1) return undefined
  const [key] = listConstraints(node).map(({ constraint }) => constraint)
  const { relation } = node.AlterTableStmt
  if (!relation || (key?.contype !== 'CONSTR_UNIQUE' && key?.contype !== 'CONSTR_PRIMARY'))
    return undefined
  // Written behind a new column it has no columns of its own, and comes with that.
  if (!key.keys && key.indexname === undefined) return undefined
  const name = nameKey(relation, key)
  return name === undefined ? undefined : { relation, name, key }
}

const isOfTable = ({ relation }: Made, { table }: Leaving) =>
  toKey(toName(relation)) === toKey(table)

/** A table has one primary key, and a schema one index of a name. */
function takesPlace({ name, key }: Made, leaving: Leaving): boolean {
  return name === leaving.name || (leaving.isPrimary && key?.contype === 'CONSTR_PRIMARY')
}

/** Whether a statement needs the index or the key to be gone, or takes it along. */
function isInTheWay({ table, columns, name }: Leaving, node: Node): boolean {
  const altered = listCommands(node, 'AlterColumnType', 'DropColumn')
  const renaming = findRenaming(node)
  const isOf = (name: Name) => toKey(name) === toKey(table)
  return (
    ('RenameStmt' in node && node.RenameStmt.newname === name) ||
    altered.some((one) => isOf(one.table) && columns.includes(one.name)) ||
    listDropped(node, 'OBJECT_TABLE').some(isOf) ||
    (renaming !== undefined && (!('from' in renaming) || isOf(renaming.from))) ||
    listConstraints(node).some(({ constraint: { pktable } }) => pktable && isOf(toName(pktable)))
  )
}

function isFreed({ table, columns, isPrimary }: Leaving, node: Node): boolean {
  return listCommands(node, 'DropNotNull').some(
    (one) => isPrimary && toKey(one.table) === toKey(table) && columns.includes(one.name),
  )
}

async function replace(
  leaving: Leaving,
  { relation, name, index, key }: Made,
  text: string,
  before: Pick<Before, 'known' | 'news'>,
): Promise<SafeForm | undefined> {
  const { kind, name: old } = leaving
  const buildAs = name === old ? freeName(name, before.known) : name
  if (key) return keySafely(relation, key, before, { kind, name: old, buildAs })
  const build = text.replace(NAMED, `$1${quoteName(buildAs).replaceAll('$', '$$$$')}`)
  if (!index || build === text) return undefined
  const form = await indexSafely(index, build.replace(/;\s*$/, ''), before.known)
  const { schemaname } = relation
  const drop =
    kind === 'index'
      ? `drop index concurrently ${quoteName(old, schemaname)};`
      : `alter table ${tableOf(relation)} drop constraint ${quoteName(old)};`
  const rename = `alter index ${quoteName(buildAs, schemaname)} rename to ${quoteName(name)};`
  return form.isAlone ? { ...form, statements: [...form.statements, drop, rename] } : undefined
}

/** The beginning of CREATE INDEX, up to its name. */
const NAMED = /^(create\s+(?:unique\s+)?index\s+)(?:"(?:[^"]|"")+"|(?!if\s|concurrently\s)\w+)/i

function freeName(name: string, known: KnownObjects): string {
  for (let n = 1; ; n += 1) {
    const one = fitName(n === 1 ? `${name}_new` : `${name}_new${n}`)
    if (!known.ownerOf({ name: one })) return one
  }
}
