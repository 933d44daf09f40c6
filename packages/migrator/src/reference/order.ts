import type { ClientBase } from 'pg'
import type { Merged } from './prepare.ts'

/** Tables after those that they refer to; those that refer to each other in the order in which they come. */
export async function inOrder(
  client: ClientBase,
  tables: readonly Merged[],
): Promise<readonly Merged[]> {
  const { rows } = await client.query<{ from: string; to: string }>(
    `select conrelid::text as from, confrelid::text as to from pg_constraint
      where contype = 'f' and conrelid = any ($1::oid[]) and confrelid = any ($1::oid[]) and conrelid <> confrelid`,
    [tables.map(({ target }) => target.oid)],
  )
  const ordered: Merged[] = []
  const rest = [...tables]
  while (rest.length > 0) {
    const isFree = ({ target }: Merged) =>
      !rows.some(({ from, to }) => from === target.oid && rest.some((one) => one.target.oid === to))
    const next = Math.max(rest.findIndex(isFree), 0)
    ordered.push(...rest.splice(next, 1))
  }
  return ordered
}
