import type { Node } from '@pgsql/types'
import { isRecord, nodesIn } from '../sql/nodes.ts'
import type { Column } from './tables.ts'

/** The last part of a name: of a column, an operator, a function. */
export function lastWord(parts: readonly Node[] | undefined): string {
  const last = parts?.at(-1)
  return last && 'String' in last ? (last.String.sval ?? '') : ''
}

/** The columns that an expression reads. */
export function columnsIn(node: Node, columns: readonly Column[]): Column[] {
  const names = new Set(
    nodesIn(node, 'ColumnRef').flatMap(({ fields }) =>
      Array.isArray(fields)
        ? fields.filter(isRecord).map((field) => lastWord([field as unknown as Node]))
        : [],
    ),
  )
  return columns.filter(({ name }) => names.has(name))
}

export function compare(operator: string, lexpr: Node, rexpr: Node): Node {
  return { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: operator } }], lexpr, rexpr } }
}
