import type { Node } from '@pgsql/types'
import { listConstraints } from '../known/parts.ts'
import { toKey, toName } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'

/**
 * Statements in which a foreign key comes after all that changes the table to which it refers: MikroORM adds it with the rest
 * of its own table, whose turn may be before that of the key.
 */
export async function referAfterKeys(statements: readonly string[]): Promise<readonly string[]> {
  const nodes = await Promise.all(statements.map(readOne))
  const after = statements.map((): string[] => [])
  const ordered = statements.map((text, n) => {
    const target = referred(nodes[n])
    const last = nodes.findLastIndex((node) => target !== undefined && changed(node) === target)
    if (last <= n) return text
    after[last]?.push(text)
    return undefined
  })
  return ordered.flatMap((text, n) => [...(text === undefined ? [] : [text]), ...(after[n] ?? [])])
}

/** The table to which a foreign key refers that a statement adds, and nothing else. */
function referred(node: Node | undefined): string | undefined {
  if (!node || !('AlterTableStmt' in node) || node.AlterTableStmt.cmds?.length !== 1)
    return undefined
  const [{ constraint } = {}] = listConstraints(node)
  return constraint?.contype === 'CONSTR_FOREIGN' && constraint.pktable
    ? toKey(toName(constraint.pktable))
    : undefined
}

/** The table that a statement changes, or makes an index of. */
function changed(node: Node | undefined): string | undefined {
  if (!node || referred(node) !== undefined) return undefined
  if ('IndexStmt' in node && node.IndexStmt.relation) return toKey(toName(node.IndexStmt.relation))
  return 'AlterTableStmt' in node && node.AlterTableStmt.relation
    ? toKey(toName(node.AlterTableStmt.relation))
    : undefined
}
