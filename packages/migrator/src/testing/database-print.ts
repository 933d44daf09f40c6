import { Client } from 'pg'

/** Everything that a refused run must not have changed: objects, rows of all tables, the journal. */
export async function printDatabase(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: relations } = await client.query<{ name: string; kind: string }>(
      `select c.oid::regclass::text as name, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`,
    )
    const lines = []
    for (const { name, kind } of relations) {
      lines.push(`${kind} ${name}`)
      if (kind !== 'r') continue
      const { rows } = await client.query<{ row: string }>(
        `select t::text as row from ${name} t order by 1`,
      )
      lines.push(...rows.map(({ row }) => `  ${row}`))
    }
    return lines.join('\n')
  } finally {
    await client.end()
  }
}
