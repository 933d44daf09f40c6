import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'

/** Databases for one measurement each, on a server that keeps its promises to the disk. */
export interface Databases {
  create(): Promise<{ readonly url: string; drop(): Promise<void> }>
}

export function databasesOn(serverUrl: string): Databases {
  return {
    async create() {
      const name = `bench_${randomBytes(4).toString('hex')}`
      await query(serverUrl, `create database ${escapeIdentifier(name)} template template0`)
      const url = new URL(serverUrl)
      url.pathname = `/${name}`
      return {
        url: url.href,
        drop: async () => {
          await query(serverUrl, `drop database ${escapeIdentifier(name)} with (force)`)
          // What one contender has written is not flushed in the time of the next.
          await query(serverUrl, 'checkpoint')
        },
      }
    },
  }
}

/** The tables of a database, without the ledger of the baseline. */
export async function listTables(url: string): Promise<string[]> {
  const rows = await query(
    url,
    `select tablename from pg_tables where schemaname = 'public' and tablename <> 'ledger' order by 1`,
  )
  return rows.map(({ tablename }) => String(tablename))
}

/** Columns, indexes, constraints and numbers of rows of some tables, as one hash. */
export async function digest(url: string, tables: readonly string[]): Promise<string> {
  const [row] = await query(url, DIGEST, [tables])
  return String(row?.['digest'])
}

const DIGEST = `
select md5(string_agg(line, E'\\n' order by line)) as digest from (
  select concat_ws('|', table_name, column_name, data_type, is_nullable, column_default) as line
    from information_schema.columns where table_schema = 'public' and table_name = any($1)
  union all
  select concat_ws('|', tablename, indexdef)
    from pg_indexes where schemaname = 'public' and tablename = any($1)
  union all
  select concat_ws('|', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where conrelid::regclass::text = any($1)
  union all
  select concat_ws('|', name, query_to_xml(format('select count(*) from %I', name), false, true, ''))
    from unnest($1::text[]) name
) lines`

async function query(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows
  } finally {
    await client.end()
  }
}
