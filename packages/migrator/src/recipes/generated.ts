import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listAddedColumns } from '../known/parts.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { findSubject, meets, type Subject } from '../safe-forms/subject.ts'
import { deparseSql } from '../sql/parse.ts'
import type { Generated } from './recipe.ts'

/** The same statements, each ALTER TABLE with one command: parts of one may be of several changes. */
export async function splitCommands({ up, down }: Generated): Promise<Generated> {
  const split = async (texts: readonly string[]) => (await Promise.all(texts.map(splitOne))).flat()
  return { up: await split(up), down: await split(down) }
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
  const all = [...ups, ...(await readSubjects(down, learned(ups, known)))]
  const taken = all.filter(({ node }) => node && isFirst(node))
  for (const one of taken)
    for (const other of all) {
      const isMet = one.subject && other.subject && meets(other.subject, one.subject)
      if (isMet && !other.isNew && !taken.includes(other)) taken.push(other)
    }
  const part = (isTaken: boolean) => {
    const of = (reads: readonly Read[]) =>
      reads.filter((one) => taken.includes(one) === isTaken).map(({ text }) => text)
    return { up: of(ups), down: of(all.slice(ups.length)) }
  }
  return [part(false), part(true)]
}

interface Read {
  readonly text: string
  readonly node: Node | undefined
  readonly subject: Subject | undefined
  /** It adds a column. */
  readonly isNew: boolean
}

async function readSubjects(texts: readonly string[], there: KnownObjects): Promise<Read[]> {
  const all: Read[] = []
  for (const text of texts) {
    const node = await readOne(text)
    const subject = node && findSubject(node, there)
    const isNew = node !== undefined && listAddedColumns(node).length > 0
    all.push({ text, node, subject, isNew })
    if (node) there.learn(node)
  }
  return all
}

function learned(all: readonly Read[], known: KnownObjects): KnownObjects {
  const there = known.copy()
  for (const { node } of all) if (node) there.learn(node)
  return there
}
