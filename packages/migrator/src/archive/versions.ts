import { escapeLiteral } from 'pg'
import type pg from 'pg'
import { appendEntry, JOURNAL, type Writer } from '../journal/journal.ts'
import type { ArchiveEntry } from './schema.ts'

/** In this transaction, not in another: no row of another open transaction is seen. Counts in 32 bits. */
export function isOurs(xmin: string): string {
  const ahead = `((${xmin}::text::bigint - pg_catalog.pg_current_xact_id()::text::bigint) & 4294967295)`
  return `(case when ${ahead} < 1048576
    then pg_catalog.pg_xact_status((pg_catalog.pg_current_xact_id()::text::bigint + ${ahead})::text::xid8) = 'in progress' else false end)`
}

/**
 * A row `t` was written by the migration of an entry, in this transaction or in one that completed a part of it since the
 * loss; with `run` by that run of it alone.
 */
export function isWritten(
  { id, migration }: Pick<ArchiveEntry, 'id' | 'migration'>,
  run?: string,
): string {
  const since =
    run === undefined
      ? `j.id > coalesce((select max(lost.id) from ${JOURNAL} lost where lost.event = 'archived' and lost.facts->>'entry' = ${escapeLiteral(id)}), 0)`
      : `j.run = ${escapeLiteral(run)}`
  return `(${isOurs('t.xmin')} or t.xmin = any (array(
    select unnest(array[j.xmin] || array(select inner_xid::xid from jsonb_array_elements_text(j.facts->'versions') as inner_xid))
      from ${JOURNAL} j where j.migration = ${escapeLiteral(migration)} and j.event = 'done' and ${since})))`
}

/** Of a transaction with more inside than these the first are known. Each costs a microsecond. */
const MOST_INNER = 1_000_000

/**
 * The numbers of the open transaction and of those inside it (savepoints, blocks with EXCEPTION), where there are any: rows
 * that these wrote bear theirs, and only as long as it is open does PostgreSQL tell whose they are.
 */
export async function readVersions(client: pg.ClientBase, actor: Writer): Promise<string[]> {
  // A row that is written and undone has a number behind all of them.
  await client.query('savepoint migrator_versions')
  await appendEntry(client, actor, { event: 'done' })
  const { rows } = await client.query<{ xid: string }>(VERSIONS)
  await client.query('rollback to savepoint migrator_versions; release savepoint migrator_versions')
  return rows.length > 1 ? rows.map(({ xid }) => xid) : []
}

/** What is in progress behind the transaction's own number, and is no transaction of another session. */
const VERSIONS = `
  with own as (select pg_current_xact_id()::text::bigint as top), held as (
    select pid, (transactionid::text::bigint - top) & 4294967295 as ahead
      from pg_locks cross join own where locktype = 'transactionid' and granted
  )
  select ((top + inside.ahead) & 4294967295)::text as xid
    from own cross join generate_series(0, (select least(max(ahead) - 1, ${MOST_INNER}) from held where pid = pg_backend_pid())) as inside (ahead)
   where inside.ahead not in (select ahead from held where pid <> pg_backend_pid())
     and pg_xact_status((top + inside.ahead)::text::xid8) = 'in progress'`

/** The whole number of a transaction, in 64 bits. */
export function wholeXid(xid: string): string {
  return `(pg_catalog.pg_current_xact_id()::text::bigint - pg_catalog.age(${xid}))`
}

/** The newest transaction that wrote one of the rows whose versions a relation has; undefined without any. */
export async function newestWriter(
  client: pg.ClientBase,
  relation: string,
  version: 'stamp' | 'xmin',
): Promise<string | undefined> {
  const { rows } = await client.query<{ newest: string | null }>(
    `select max(${wholeXid(`${version}::text::xid`)})::text as newest from ${relation} where ${version} is not null`,
  )
  return rows[0]?.newest ?? undefined
}
