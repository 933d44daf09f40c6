import type { Node } from '@pgsql/types'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { quoteName } from '../sql/quote-name.ts'

/** The columns that expressions, or the elements of an index, name. */
export function columnsIn(nodes: readonly Node[]): string[] {
  const referred = nodesIn(nodes, 'ColumnRef').map(
    ({ fields }) => readName({ List: { items: fields as Node[] } }).name,
  )
  const indexed = nodesIn(nodes, 'IndexElem').flatMap(({ name }) =>
    typeof name === 'string' ? [name] : [],
  )
  return [...new Set([...referred, ...indexed])].map((name) => quoteName(name))
}
