import type { ClientBase } from 'pg'
import { lookingAhead } from '../archive/look-ahead.ts'
import { COUNTING_WAITS_MS } from '../archive/losses.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/names.ts'
import type { Name } from '../migration.ts'
import { sqlState } from '../session/connect.ts'
import { readMeanings } from '../session/meanings.ts'
import { quoteName } from '../sql/quote-name.ts'

/** How many rows tables have, as PostgreSQL estimates it. */
export interface TableRows {
  /** Of PostgreSQL. */
  readonly major: number
  /** Of a table as a statement of the author's names it: 0 where there is none. Of `undefined`: of the largest table. */
  readonly rowsOf: (table: Name | undefined) => number
}

/** Reads how large the named tables are, and of `undefined` the largest of all. Reads no table, and waits for nobody. */
export async function readTableRows(
  client: ClientBase,
  tables: readonly (Name | undefined)[],
): Promise<TableRows> {
  try {
    return await readNow(client, tables, 'pg_relation_size(leaf.oid)')
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error
    // Whoever has locked a table away from everybody keeps its size, too.
    return readNow(client, tables, LAST_SEEN)
  }
}

const LAST_SEEN = `leaf.relpages * current_setting('block_size')::bigint`

/** Of a table that nobody has analyzed: with rows of some 80 bytes. */
const ROWS_PER_PAGE = 100

async function readNow(
  client: ClientBase,
  tables: readonly (Name | undefined)[],
  bytes: string,
): Promise<TableRows> {
  const named = [...new Map(tables.map((one) => [keyOf(one), one])).values()]
  const names = named.filter((one) => one !== undefined)
  const isAll = names.length < named.length
  const found = new Map<string, number>()
  let major = 0
  await lookingAhead(client, COUNTING_WAITS_MS, async () => {
    const oids = await readMeanings(
      client,
      names.map((one) => ({ ...one, kind: 'relation' })),
    )
    const { rows } = await client.query<{ major: number; oid: string; rows: number }>(
      rowsQuery(bytes),
      [isAll ? null : oids, ['information_schema', JOURNAL_SCHEMA, ARCHIVE_SCHEMA]],
    )
    major = rows[0]?.major ?? 0
    const byOid = new Map(rows.map((row) => [row.oid, row.rows]))
    for (const [i, one] of names.entries()) found.set(keyOf(one), byOid.get(oids[i] ?? '') ?? 0)
    if (isAll) found.set(keyOf(undefined), Math.max(0, ...byOid.values()))
  })
  return { major, rowsOf: (table) => found.get(keyOf(table)) ?? 0 }
}

function keyOf(table: Name | undefined): string {
  return table === undefined ? '' : quoteName(table.name, table.schema)
}

/**
 * The planner's way: the rows per page that the last VACUUM or ANALYZE saw, by the pages that there are now. Of a
 * partitioned table the sum of its partitions; a foreign table may have any number.
 */
function rowsQuery(bytes: string): string {
  return `
  with recursive tree as (
    select c.oid as root, c.oid from pg_class c
     where case when $1::oid[] is null
             then c.relkind in ('r', 'p', 'm', 'f') and c.relnamespace::regnamespace::text not like 'pg\\_%'
              and c.relnamespace::regnamespace::text <> all ($2::text[])
             else c.oid = any ($1::oid[]) end
    union select root, inhrelid from tree join pg_inherits on inhparent = tree.oid
  ), leaf as (
    select root, leaf.relkind, leaf.reltuples, leaf.relpages,
           coalesce(${bytes}, 0) / current_setting('block_size')::bigint as pages
      from tree join pg_class leaf on leaf.oid = tree.oid and leaf.relkind in ('r', 'm', 'f')
  )
  select current_setting('server_version_num')::int / 10000 as major, root::text as oid,
         sum(case when relkind = 'f' then 'infinity'
                  when relpages > 0 and reltuples >= 0 then reltuples / relpages * pages
                  else pages * ${ROWS_PER_PAGE} end)::float8 as rows
    from leaf group by root`
}
