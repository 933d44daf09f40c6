import { parseSql } from './parse.ts'

/** The columns that an UPDATE sets; undefined of every other statement, and of one with others in it. */
export async function readSetColumns(sql: string): Promise<readonly string[] | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0 || !('UpdateStmt' in parsed.node)) return undefined
  const { targetList = [], withClause } = parsed.node.UpdateStmt
  if (withClause) return undefined
  return targetList.flatMap((node) =>
    'ResTarget' in node && node.ResTarget.name !== undefined ? [node.ResTarget.name] : [],
  )
}
