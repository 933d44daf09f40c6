import type { Node } from '@pgsql/types'
import { quoteName } from '../sql/quote-name.ts'

/** The columns that expressions, or the elements of an index, name. */
export function columnsIn(nodes: readonly Node[]): string[] {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null)
      for (const [key, part] of Object.entries(value)) {
        if (key === 'ColumnRef') found.add(lastName(part))
        else if (key === 'IndexElem' && typeof part.name === 'string') found.add(part.name)
        visit(part)
      }
  }
  visit(nodes)
  return [...found].map((name) => quoteName(name))
}

function lastName(column: { readonly fields?: readonly Node[] }): string {
  const last = column.fields?.at(-1)
  return last && 'String' in last ? (last.String.sval ?? '') : ''
}
