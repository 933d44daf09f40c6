import type { Client } from 'pg'
import { postgresErrorOf, showRow } from '../errors/postgres-error.ts'
import { speaksOfSecret } from '../errors/secret-names.ts'

/**
 * PostgreSQL shows the row that it refuses, a password in it as well. After the rollback: where the table is there, and no
 * column of it is called like a secret, the error may show the row.
 */
export async function showHarmlessRow(client: Client, error: unknown): Promise<void> {
  const { schema, table, detail } = postgresErrorOf(error) ?? {}
  if (schema === undefined || table === undefined || detail === undefined) return
  const { rows } = await client
    .query<{ name: string }>(
      `select attname as name from pg_attribute join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
        where (nspname, relname) = ($1, $2) and attnum > 0`,
      [schema, table],
    )
    .catch(() => ({ rows: [] }))
  if (rows.length > 0 && !rows.some(({ name }) => speaksOfSecret(name))) showRow(error)
}
