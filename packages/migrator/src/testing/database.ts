import { query, withClient } from './query.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import type { Catalog } from '../catalog/index.ts'

/** Every row of every table outside of the migrator's schemas, as text, sorted. */
export async function readRows(url: string): Promise<Record<string, string[]>> {
  return withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
        where relkind = 'r' and oid::regclass::text not in ('mikro_orm_migrations')
          and relnamespace::regnamespace::text !~ '^(pg_|migrator|information_schema)' order by 1`,
    )
    const all: Record<string, string[]> = {}
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `select t::text as row from only ${name} t order by 1`,
      )
      all[name] = rows.map(({ row }) => row)
    }
    return all
  })
}

/** Everything that a refused command leaves as it was: the schema, the rows, ledger and journal. */
export async function readEverything(url: string) {
  const [bookkeeping] = await query(
    url,
    `select (select json_agg(l order by id) from mikro_orm_migrations l) as ledger,
            (select json_agg(j order by id) from migrator.history j) as journal`,
  )
  return { schema: await readSchema(url), rows: await readRows(url), bookkeeping }
}

export async function readSchema(url: string): Promise<Catalog> {
  return withClient(url, (client) =>
    readApplicationCatalog(client, { table: 'mikro_orm_migrations' }),
  )
}
