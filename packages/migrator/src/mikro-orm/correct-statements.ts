import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listConstraints } from '../known/parts.ts'
import { toKey } from '../phase/release.ts'
import { learnFollowing, readDrop, readOne } from '../safe-forms/renamed-objects.ts'
import type { Ways } from '../safe-forms/split-phases.ts'
import { parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { makeBeforeCalls } from './call-order.ts'
import { referAfterKeys } from './reference-order.ts'

/**
 * Corrects what PostgreSQL would refuse of MikroORM's statements. What was made as an index is dropped as one: MikroORM takes
 * a unique key of expressions for a constraint. A constraint is dropped once: MikroORM drops the key to a table that goes,
 * and once more where it changes. A column that brings its primary key along gets no second one. A routine is made
 * before it is called, and a key before a foreign key to it.
 */
export async function correctStatements(ways: Ways, known: KnownObjects): Promise<Ways> {
  const there = known.copy()
  const read = async (texts: readonly string[]) => {
    const result: string[] = []
    const gone = new Set<string>()
    for (const text of await referAfterKeys(await makeBeforeCalls(await takeApart(texts)))) {
      const node = await readOne(text)
      const drop = node && readDrop(node, there)
      const table = drop?.table && there.table(drop.table)
      const key = drop?.table && `${toKey(drop.table)}.${drop.name}`
      const isThere = table && drop && table.constraints.has(drop.name)
      if (key !== undefined && gone.has(key) && !isThere) continue
      if (node && hasPrimaryKey(node, there)) continue
      if (key !== undefined) gone.add(key)
      const isIndex = table && table.indexes.has(drop.name) && !isThere
      result.push(isIndex ? `drop index ${quoteName(drop.name, drop.table?.schema)};` : text)
      if (node) await learnFollowing(node, there)
    }
    return result
  }
  const up = await read(ways.up)
  return { ...ways, up, down: await read(ways.down) }
}

/** MikroORM takes the quote in the name `it's` for the beginning of a text, and leaves statements together. */
async function takeApart(texts: readonly string[]): Promise<string[]> {
  const parts = texts.map(async (text) => {
    const parsed = await parseSql(text).catch(() => [])
    return parsed.length > 1 ? parsed.map(({ sql }) => `${sql};`) : [text]
  })
  return (await Promise.all(parts)).flat()
}

/** Whether the table has the primary key that a statement makes. */
function hasPrimaryKey(node: Node, there: KnownObjects): boolean {
  const [made, ...others] = 'AlterTableStmt' in node ? listConstraints(node) : []
  if (!made?.constraint.keys || made.constraint.contype !== 'CONSTR_PRIMARY') return false
  const keys = [...(there.table(made.table)?.constraints.values() ?? [])]
  const isSame = keys.some(
    ({ type, columns }) => type === 'CONSTR_PRIMARY' && columns.join() === made.columns.join(),
  )
  return others.length === 0 && isSame
}
