import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { withCleanup } from './cleanup.ts'

/** The roles that these statements make, by their text. */
export async function findMadeRoles(statements: readonly string[]): Promise<readonly string[]> {
  const made = statements.filter((sql) => /create\s+(role|user|group)\b/i.test(sql))
  const parsed = (await Promise.all(made.map((sql) => parseSql(sql)))).flat()
  return parsed.flatMap(({ node }) =>
    'CreateRoleStmt' in node && node.CreateRoleStmt.role !== undefined
      ? [node.CreateRoleStmt.role]
      : [],
  )
}

/**
 * Does `work`, and drops those of these roles that were not there before it: a role is the server's, and would stay when the
 * database that it was made in has gone.
 */
export async function withoutNewRoles<T>(
  server: DatabaseTarget,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  if (roles.length === 0) return work()
  const before = await readRoles(server, roles)
  const dropNew = async () => {
    const after = await readRoles(server, roles)
    const made = after.filter((role) => !before.includes(role))
    if (made.length === 0) return
    await withConnection(server, (client) =>
      client.query(`drop role if exists ${made.map((role) => quoteName(role)).join(', ')}`),
    )
  }
  return withCleanup(dropNew, work)
}

async function readRoles(server: DatabaseTarget, roles: readonly string[]): Promise<string[]> {
  const { rows } = await withConnection(server, (client) =>
    client.query<{ name: string }>(
      'select rolname as name from pg_roles where rolname = any ($1)',
      [roles],
    ),
  )
  return rows.map(({ name }) => name)
}
