import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { sqlState } from '../session/connect.ts'
import { inArchive } from './schema.ts'
import { stored, type StoredTable } from './tables.ts'
import { fireDeferred } from './triggers.ts'
import { columnOf, EXACT_TEXT, textOf } from './text.ts'

/**
 * A table whose changes are recorded while a segment runs: triggers write each row that DELETE, UPDATE, TRUNCATE
 * or a foreign key really changed into a relation of the archive, before and after, in the order of the changes.
 * Whoever made the change, a statement, a function or another trigger, makes no difference.
 */
export interface Capture {
  /** As it was when its recording began. */
  readonly table: StoredTable
  /** Quoted and qualified: `op`, `old` and `new`, the texts of the row's columns in the order of `columns`. */
  readonly log: string
  readonly columns: readonly string[]
}

/** Sorted behind everything that a person would name a trigger: what BEFORE triggers change has been changed by then. */
const TRIGGER = 'zz_migrator_capture'

/**
 * Begins to record the changes of a table, in the transaction that is open. ENABLE ALWAYS: also while
 * `session_replication_role` silences triggers. SECURITY DEFINER: the author's role need not see the archive.
 */
export async function beginCapture(client: pg.ClientBase, table: StoredTable): Promise<Capture> {
  const columns = stored(table).map(({ name }) => name)
  const log = inArchive(`log_${table.oid}`)
  await client.query(
    `create table ${log} (n bigint generated always as identity, op "char" not null, old text[], new text[])`,
  )
  for (const statement of captureStatements(table, columns, log)) await client.query(statement)
  await client.query('savepoint migrator_capture')
  try {
    await addTriggers(client, table)
  } catch (error) {
    // No table is altered for which a deferred check waits: then it is checked first.
    if (sqlState(error) !== '55006') throw error
    await client.query('rollback to savepoint migrator_capture')
    await fireDeferred(client)
    await addTriggers(client, table)
  }
  await client.query('release savepoint migrator_capture')
  return { table, log, columns }
}

async function addTriggers(client: pg.ClientBase, table: StoredTable): Promise<void> {
  const parts = await partsOf(client, table)
  for (const part of parts) {
    await client.query(
      `create trigger ${TRIGGER}_truncate before truncate on ${part} for each statement execute function ${inArchive(`emptied_${table.oid}`)}();
       alter table only ${part} enable always trigger ${TRIGGER}_truncate`,
    )
  }
  await client.query(
    `create trigger ${TRIGGER} after insert or update or delete on ${table.sql} for each row execute function ${inArchive(`changed_${table.oid}`)}()`,
  )
  for (const part of parts) {
    await client.query(`alter table only ${part} enable always trigger ${TRIGGER}`)
  }
}

function captureStatements(
  { oid }: StoredTable,
  columns: readonly string[],
  log: string,
): string[] {
  const image = (row: string) =>
    columns.length === 0
      ? `'{}'::text[]`
      : `array[${columns.map((column) => textOf(columnOf(row, column))).join(', ')}]`
  const settings = Object.entries({ ...EXACT_TEXT, search_path: 'pg_catalog, pg_temp' })
    .map(([name, value]) => `set ${name} = ${name === 'search_path' ? value : `'${value}'`}`)
    .join(' ')
  const rows = 'execute format($q$select * from only %I.%I$q$, tg_table_schema, tg_table_name)'
  return [
    `create function ${inArchive(`changed_${oid}`)}() returns trigger language plpgsql security definer ${settings} as $body$
      begin
        if tg_op = 'DELETE' then insert into ${log} (op, old) values ('D', ${image('old')});
        elsif tg_op = 'INSERT' then insert into ${log} (op, new) values ('I', ${image('new')});
        else insert into ${log} (op, old, new) values ('U', ${image('old')}, ${image('new')});
        end if;
        return null;
      end $body$`,
    `create function ${inArchive(`emptied_${oid}`)}() returns trigger language plpgsql security definer ${settings} as $body$
      declare gone record;
      begin
        for gone in ${rows} loop insert into ${log} (op, old) values ('D', ${image('gone')}); end loop;
        return null;
      end $body$`,
  ]
}

/** The table and its partitions, quoted and qualified. */
async function partsOf(
  client: pg.ClientBase,
  { oid, sql, isPartitioned }: StoredTable,
): Promise<string[]> {
  if (!isPartitioned) return [sql]
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_catalog.pg_partition_tree($1::oid::regclass) t
       join pg_catalog.pg_class c on c.oid = t.relid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p')`,
    [oid],
  )
  return rows.map(({ schema, name }) => quoteName(name, schema))
}

/** How many deletions and updates a capture has recorded. */
export async function countChanges(client: pg.ClientBase, { log }: Capture): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from ${log} where op <> 'I'`,
  )
  return Number(rows[0]?.count ?? 0)
}

/** Takes the triggers off again; the log stays. A table that is gone has none. */
export async function endCapture(client: pg.ClientBase, { table }: Capture): Promise<void> {
  // No table may be altered while a deferred check of it waits.
  await fireDeferred(client)
  await client.query(
    `drop function ${inArchive(`changed_${table.oid}`)}() cascade;
     drop function ${inArchive(`emptied_${table.oid}`)}() cascade`,
  )
}
