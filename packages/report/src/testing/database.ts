import { readCatalog, toIdentity, type Catalog } from '@techfacts/migrator/catalog'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client, type QueryResultRow } from 'pg'

/** What PostgreSQL's own tables say of the schema that some SQL makes, asked without the catalog. */
export interface Facts {
  readonly catalog: Catalog
  readonly tables: readonly string[]
  readonly columns: readonly string[]
  readonly foreignKeys: readonly ForeignKey[]
}

export interface ForeignKey {
  readonly identity: string
  readonly from: string
  readonly to: string
  readonly columns: readonly string[]
  readonly referenced: readonly string[]
}

/** The catalogs of one database after each of some steps. */
export async function readCatalogs(...steps: readonly string[]): Promise<readonly Catalog[]> {
  return withDatabase(async (client) => {
    const catalogs: Catalog[] = []
    for (const sql of steps) {
      await client.query(sql)
      catalogs.push(await readCatalog(client))
    }
    return catalogs
  })
}

export async function readFacts(sql: string): Promise<Facts> {
  return withDatabase(async (client) => {
    await client.query(sql)
    const ask = async <Row extends QueryResultRow>(query: string) =>
      (await client.query<Row>(query)).rows
    const tables = await ask<{ names: string[] }>(`select ${NAMES('c')} as names from ${TABLES}`)
    const columns = await ask<{ names: string[] }>(
      `select ${NAMES('c')} || a.attname::text as names from ${TABLES}
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`,
    )
    const keys = await ask<Record<'names' | 'from' | 'to' | 'columns' | 'referenced', string[]>>(
      `select ${NAMES('c')} || k.conname::text as names, ${NAMES('c')} as from, ${NAMES('r')} as to,
         ${COLUMNS('k.conkey', 'k.conrelid')} as columns, ${COLUMNS('k.confkey', 'k.confrelid')} as referenced
       from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class r on r.oid = k.confrelid
       where k.contype = 'f' and k.conparentid = 0`,
    )
    return {
      catalog: await readCatalog(client),
      tables: tables.map(({ names }) => toIdentity(...names)),
      columns: columns.map(({ names }) => toIdentity(...names)),
      foreignKeys: keys.map(({ names, from, to, columns, referenced }) => ({
        identity: toIdentity(...names),
        from: toIdentity(...from),
        to: toIdentity(...to),
        columns,
        referenced,
      })),
    }
  })
}

const NAMES = (relation: string) =>
  `array[(select nspname::text from pg_namespace n where n.oid = ${relation}.relnamespace), ${relation}.relname::text]`

const COLUMNS = (numbers: string, relation: string) =>
  `array(select a.attname::text from unnest(${numbers}) with ordinality u(number, place)
     join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number order by u.place)`

/** All but the partitions that have no foreign key of their own and that none refers to. */
const TABLES = `(select * from pg_class c where c.relkind in ('r', 'p')
  and c.relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_|^information_schema$')
  and not (c.relispartition and not exists (select from pg_constraint k
    where k.contype = 'f' and k.conparentid = 0 and c.oid in (k.conrelid, k.confrelid)))) c`

async function withDatabase<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
