import { parseSql } from './parse.ts'

/** What a statement does with a savepoint; undefined where it is about none. */
export async function savepointKind(
  sql: string,
): Promise<'SAVEPOINT' | 'RELEASE' | 'ROLLBACK TO' | undefined> {
  if (!/\b(?:savepoint|release|rollback)\b/i.test(sql)) return undefined
  const [first] = await parseSql(sql)
  if (!first || !('TransactionStmt' in first.node)) return undefined
  const { kind = '' } = first.node.TransactionStmt
  if (kind.endsWith('ROLLBACK_TO')) return 'ROLLBACK TO'
  return /RELEASE/.test(kind) ? 'RELEASE' : 'SAVEPOINT'
}
