import type { Table } from './tables.ts'

/**
 * The tables that rows are inserted into, each after those that it references; those that reference one another, or
 * themselves, in one group (Tarjan's strongly connected components).
 */
export function orderTables(tables: readonly Table[]): Table[][] {
  const rootOf = new Map(tables.map((table) => [table.oid, table.root ?? table.oid]))
  const byOid = new Map(tables.map((table) => [table.oid, table]))
  const referenced = new Map<string, Set<string>>()
  for (const table of tables) {
    const root = table.root ?? table.oid
    const found = referenced.get(root) ?? new Set()
    for (const { references } of table.foreignKeys)
      found.add(rootOf.get(references.oid) ?? references.oid)
    referenced.set(root, found)
  }
  const groups = findComponents([...referenced.keys()], (oid) => [...(referenced.get(oid) ?? [])])
  return groups
    .map((group) =>
      group.flatMap((oid) => byOid.get(oid) ?? []).filter(({ root }) => root === undefined),
    )
    .filter((group) => group.length > 0)
}

function findComponents(nodes: readonly string[], next: (node: string) => string[]): string[][] {
  const numbers = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const components: string[][] = []
  const visit = (node: string): void => {
    numbers.set(node, numbers.size)
    lowest.set(node, numbers.size - 1)
    stack.push(node)
    for (const other of next(node)) {
      if (!numbers.has(other)) visit(other)
      if (stack.includes(other))
        lowest.set(node, Math.min(lowest.get(node) ?? 0, lowest.get(other) ?? 0))
    }
    if (lowest.get(node) === numbers.get(node)) components.push(stack.splice(stack.indexOf(node)))
  }
  for (const node of nodes) if (!numbers.has(node)) visit(node)
  return components
}
