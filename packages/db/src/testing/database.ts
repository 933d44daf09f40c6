import { diffBesidesPartitions, readApplicationCatalog } from '@techfacts/migrator/testing'
import type { Catalog } from '@techfacts/migrator/catalog'
import { Client } from 'pg'

/** Runs one query, or several statements without values, on a connection of its own. */
export async function rows(
  url: string,
  query: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  return withClient(url, async (client) => (await client.query(query, values)).rows)
}

/** The schema of a database without bookkeeping, and without the schemas in `exclude`. */
export async function readSchema(url: string, exclude: readonly string[] = []): Promise<Catalog> {
  return withClient(url, async (client) =>
    readApplicationCatalog(client, { table: 'mikro_orm_migrations' }, exclude),
  )
}

/** What differs, a line for each object. The job queue makes a partition for each day, and a test may run at midnight. */
export function differences(here: Catalog, there: Catalog): string[] {
  return diffBesidesPartitions(here, there).map(({ what, kind, identity, changes }) => {
    const properties = changes.map(({ property }) => property).join(', ')
    return `${what} ${kind} ${identity}${properties && `: ${properties}`}`
  })
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
