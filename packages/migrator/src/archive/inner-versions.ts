import type pg from 'pg'
import { entryStatement, inJournal, type Writer } from '../journal/journal.ts'
import { whyUnread } from './strangers.ts'
import { findTableByOid, type StoredTable } from './tables.ts'
import { seenByOwner } from './triggers.ts'
import { isOurs } from './versions.ts'

/*
 * Rows that a savepoint or a block with EXCEPTION wrote bear its number, not that of its transaction, and only as long as
 * the transaction is open does PostgreSQL tell whose they are. So `done` says the numbers.
 */

/** Of a transaction with more inside than these the first are known. Each costs a microsecond. */
const MOST_INNER = 1_000_000

/** Larger tables are not read through under locks. */
const LIMIT_BYTES = 64 * 2 ** 20

interface Version {
  readonly xid: string
  readonly isSure: boolean
}

/** The numbers of the open transaction and of those inside it, where there are any. */
export async function readVersions(client: pg.ClientBase, actor: Writer): Promise<string[]> {
  // A row that is written and undone has a number behind all of them.
  const statements = [
    'savepoint migrator_versions',
    entryStatement(actor, { event: 'done' }),
    VERSIONS,
    'rollback to savepoint migrator_versions',
    'release savepoint migrator_versions',
  ]
  // One message of several statements has one result for each.
  const results = await inJournal<unknown>(() => client.query(statements.join(';\n')))
  const { rows } = (results as readonly pg.QueryResult<Version>[])[2] ?? { rows: [] }
  if (rows.length <= 1) return []
  const sure = rows.filter(({ isSure }) => isSure)
  const found = sure.length < rows.length ? await readWritten(client) : []
  return [...new Set([...sure.map(({ xid }) => xid), ...found])]
}

/**
 * What is in progress behind the transaction's own number. A savepoint that another session has released in an open
 * transaction looks the same, and has a higher number than that one.
 */
const VERSIONS = `
  with own as (select pg_current_xact_id()::text::bigint as top), held as (
    select pid, (transactionid::text::bigint - top + 2147483648 & 4294967295) - 2147483648 as ahead
      from pg_locks cross join own where locktype = 'transactionid' and granted
  ), other as (
    -- A prepared transaction has no pid.
    select ahead from held where pid is distinct from pg_backend_pid()
  )
  select ((top + inside.ahead) & 4294967295)::text as xid,
         inside.ahead = 0 or not exists (select from other where other.ahead < inside.ahead) as "isSure"
    from own cross join generate_series(0, (select least(max(ahead) - 1, ${MOST_INNER}) from held where pid = pg_backend_pid())) as inside (ahead)
   where inside.ahead not in (select ahead from other)
     and pg_xact_status((top + inside.ahead)::text::xid8) = 'in progress'`

/**
 * The numbers that rows bear which this transaction has written: they are seen, and in progress. Of the catalogs those of
 * columns: by them the archive knows which ones a migration has made.
 */
async function readWritten(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(
    `select distinct relation::text as oid from pg_locks join pg_class c on c.oid = relation join pg_namespace n on n.oid = relnamespace
      where locktype = 'relation' and granted and pid = pg_backend_pid() and database = (select oid from pg_database where datname = current_database())
        and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        and relkind = 'r' and nspname !~ '^pg_' and nspname not in ('information_schema', 'migrator', 'migrator_archive')
        and pg_relation_size(c.oid) <= ${LIMIT_BYTES}`,
  )
  const found = await readVersionsOf(client, 'pg_attribute')
  for (const { oid } of rows) {
    const table = await findTableByOid(client, oid)
    if (!table || (await whyUnread(client, table)) !== undefined) continue
    found.push(...(await readVersionsIn(client, table)))
  }
  return found
}

async function readVersionsIn(client: pg.ClientBase, table: StoredTable): Promise<string[]> {
  return seenByOwner(client, table, () => readVersionsOf(client, table.from))
}

async function readVersionsOf(client: pg.ClientBase, from: string): Promise<string[]> {
  const { rows } = await client.query<{ xid: string }>(
    `select distinct t.xmin::text as xid from ${from} t where ${isOurs('t.xmin')}`,
  )
  return rows.map(({ xid }) => xid)
}
