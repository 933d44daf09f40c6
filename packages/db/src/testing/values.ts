import { rows } from './database.ts'

/** Every value of the given columns as PostgreSQL prints it, under `table/key/column`; long ones as their hash. */
export async function readValues(
  url: string,
  columns: readonly Column[],
): Promise<Record<string, string | null>> {
  const values: Record<string, string | null> = {}
  for (const [table, own] of Object.entries(Object.groupBy(columns, ({ table }) => table))) {
    const key = table === 'rate_limits' ? 'domain' : 'id'
    const list = (own ?? []).map(({ column }) => `${shown(column)} as "${column}"`)
    for (const row of await rows(
      url,
      `select ${key} as "the key", ${list.join(', ')} from ${table}`,
    ))
      for (const { column } of own ?? [])
        values[`${table}/${String(row['the key'])}/${column}`] = row[column] as string | null
  }
  return values
}

const shown = (column: string) =>
  `case when length("${column}"::text) > 200 then 'md5 ' || md5("${column}"::text) else "${column}"::text end`

export interface Column {
  table: string
  column: string
  nullable: boolean
}

/** The columns of our tables, in order. */
export async function readColumns(url: string): Promise<Column[]> {
  const found = await rows(
    url,
    `select relname as table, attname as column, not attnotnull as nullable
       from pg_attribute join pg_class on pg_class.oid = attrelid
      where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'mikro_orm_migrations'
        and attnum > 0 and not attisdropped
      order by relname, attnum`,
  )
  return found as unknown as Column[]
}
