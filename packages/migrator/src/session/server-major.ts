import type { ClientBase } from 'pg'

/** The major version of the server: 18, say. On any search path. */
export async function readMajor(client: Pick<ClientBase, 'query'>): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    `select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 operator(pg_catalog./) 10000 as major`,
  )
  return rows[0]?.major ?? 0
}
