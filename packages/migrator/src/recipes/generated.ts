import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listAddedColumns, listCommands } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { toKey } from '../phase/release.ts'
import { isMadeAgain, readOne } from '../safe-forms/renamed-objects.ts'
import { findSubject, meets, type Subject } from '../safe-forms/subject.ts'
import { deparseSql } from '../sql/parse.ts'
import { findRenaming } from '../sql/renaming.ts'
import type { Generated } from './recipe.ts'

/** The same statements, each ALTER TABLE with one command: parts of one may be of several changes. */
export async function splitCommands({ up, down }: Generated): Promise<Generated> {
  return { up: await splitAll(up), down: await splitAll(down) }
}

async function splitAll(texts: readonly string[]): Promise<string[]> {
  return (await Promise.all(texts.map(splitOne))).flat()
}

async function splitOne(text: string): Promise<string[]> {
  const node = await readOne(text)
  if (!node || !('AlterTableStmt' in node)) return [text]
  const { cmds = [], ...statement } = node.AlterTableStmt
  if (cmds.length < 2) return [text]
  const parts = cmds.map((cmd) => deparseSql([{ AlterTableStmt: { ...statement, cmds: [cmd] } }]))
  return (await Promise.all(parts)).map((sql) => `${sql};`)
}

/**
 * Generated statements without those that are about the same as some, and those. A new column is there from the beginning, with
 * what the recipe does not make.
 */
export async function takeOut(
  { up, down }: Generated,
  known: KnownObjects,
  isFirst: (node: Node) => boolean,
): Promise<[rest: Generated, own: Generated]> {
  const ups = await readSubjects(up, known.copy())
  const news = new Set(
    ups.flatMap(({ node }) => (node ? listAddedColumns(node).map(columnOf) : [])),
  )
  const downs = await readSubjects(down, learned(ups, known))
  const all = [...ups, ...downs.map((one) => ({ ...one, isNew: one.isNew || isGone(one, news) }))]
  const taken = all.filter(({ node }) => node && isFirst(node))
  for (const one of taken)
    for (const other of all) {
      const isMet = one.subject && other.subject && meets(other.subject, one.subject)
      if (isMet && !other.isNew && !other.isRenaming && !taken.includes(other)) taken.push(other)
    }
  const part = (isTaken: boolean) => {
    const of = (reads: readonly Read[]) =>
      reads.filter((one) => taken.includes(one) === isTaken).map(({ text }) => text)
    return { up: of(all.slice(0, ups.length)), down: of(all.slice(ups.length)) }
  }
  return [part(false), part(true)]
}

/** Statements without those that take a foreign key away and make it again as it is: it goes over to the copies of its columns. */
export async function withoutMadeAgain(
  texts: readonly string[],
  known: KnownObjects,
): Promise<string[]> {
  const nodes = await Promise.all(texts.map(readOne))
  const again = new Set<number>()
  for (const [n, node] of nodes.entries()) {
    const [drop, ...more] = node ? listCommands(node, 'DropConstraint') : []
    const made = nodes.findIndex(
      (other, at) => at > n && drop && other && isMadeAgain(drop, other, known),
    )
    if (drop && more.length === 0 && made >= 0) again.add(n).add(made)
  }
  return texts.filter((_, n) => !again.has(n))
}

const columnOf = ({ table, name }: { readonly table: Name; readonly name: string }) =>
  `${toKey(table)}.${name}`

/** The way back of a new column. */
function isGone({ node }: Read, news: ReadonlySet<string>): boolean {
  const drops = node ? listCommands(node, 'DropColumn') : []
  return drops.length > 0 && drops.every((one) => news.has(columnOf(one)))
}

interface Read {
  readonly text: string
  readonly node: Node | undefined
  readonly subject: Subject | undefined
  /** It adds a column, or takes a new one back. */
  readonly isNew: boolean
  /** Of a table or a column: that is a change by itself. */
  readonly isRenaming: boolean
}

async function readSubjects(texts: readonly string[], there: KnownObjects): Promise<Read[]> {
  const all: Read[] = []
  for (const text of texts) {
    const node = await readOne(text)
    const subject = node && findSubject(node, there)
    const isNew = node !== undefined && listAddedColumns(node).length > 0
    const isRenaming = node !== undefined && findRenaming(node) !== undefined
    all.push({ text, node, subject, isNew, isRenaming })
    if (node) there.learn(node)
  }
  return all
}

function learned(all: readonly Read[], known: KnownObjects): KnownObjects {
  const there = known.copy()
  for (const { node } of all) if (node) there.learn(node)
  return there
}
