import type { Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { listNumbered, listStored } from '../known/parts.ts'
import { isRewrite, listTypeChanges } from '../known/type-changes.ts'
import { shown } from '../phase/release.ts'
import { readEach } from '../safe-forms/renamed-objects.ts'
import { whyRewritten } from '../safe-forms/why-rewritten.ts'
import type { Generated } from './recipe.ts'

/**
 * Throws RECIPE_REFUSED of a change for which PostgreSQL writes every row of a table again that the previous release knows:
 * no request of it is answered meanwhile.
 */
export async function refuseRewrites(
  { up }: Generated,
  { known, previous }: { readonly known: KnownObjects; readonly previous: KnownObjects },
): Promise<void> {
  for await (const [node, there] of readEach(up, known)) {
    const found = findRewrite(node, there, previous)
    if (found) throw failure('RECIPE_REFUSED', found)
  }
}

function findRewrite(node: Node, known: KnownObjects, previous: KnownObjects) {
  for (const change of listTypeChanges(node, known)) {
    const { table, name } = change
    const why = isRewrite(change) ? whyRewritten(change, known) : undefined
    if (why === undefined || !previous.table(table)?.columns.has(name)) continue
    const reason = `${why}, and so every row is written again while nobody reads or writes the table`
    return { change: `the type of ${shown(table)}.${name} is changed`, reason }
  }
  const given = [...listStored(node), ...listNumbered(node)]
  const one = given.find(({ table }) => previous.table(table))
  return (
    one && {
      change: `PostgreSQL gives ${shown(one.table)}.${one.name} a value in every row`,
      reason: 'it writes all of them for that while nobody reads or writes the table',
    }
  )
}
