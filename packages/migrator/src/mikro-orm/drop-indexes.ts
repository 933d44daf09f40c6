import type { KnownObjects } from '../known/known-objects.ts'
import { readDrop, readOne } from '../safe-forms/renamed-objects.ts'
import type { Ways } from '../safe-forms/split-phases.ts'
import { quoteName } from '../sql/quote-name.ts'

/**
 * What was made as an index is dropped as one: MikroORM takes a unique key of expressions for a constraint, which PostgreSQL
 * does not find.
 */
export async function dropIndexes(ways: Ways, known: KnownObjects): Promise<Ways> {
  const there = known.copy()
  const read = async (texts: readonly string[]) => {
    const result: string[] = []
    for (const text of texts) {
      const node = await readOne(text)
      const drop = node && readDrop(node, there)
      const table = drop?.table && there.table(drop.table)
      const isIndex = table && table.indexes.has(drop.name) && !table.constraints.has(drop.name)
      result.push(isIndex ? `drop index ${quoteName(drop.name, drop.table?.schema)};` : text)
      if (node) there.learn(node)
    }
    return result
  }
  const up = await read(ways.up)
  return { ...ways, up, down: await read(ways.down) }
}
