import { escapeLiteral, type ClientBase } from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { sqlState } from '../session/connect.ts'
import { trySavepoint } from '../session/savepoints.ts'
import { createRelation, dropTriggers, inArchive } from './schema.ts'
import { countRows, findNumber, keyWithout, stored, type StoredTable } from './tables.ts'
import { fireDeferred } from './triggers.ts'
import { writeColumn, EXACT_TEXT, writeVersion, asText } from './text.ts'

/**
 * A table whose changes are recorded while a segment runs: triggers write each row that DELETE, UPDATE, TRUNCATE
 * or a foreign key really changed into a relation of the archive, before and after. Whoever made the change, a statement,
 * a function or another trigger, makes no difference. The order of the log is not that of the changes: what a trigger does
 * behind a statement is recorded among the rows of the statement. The versions of a row say what came after what.
 */
export interface Capture {
  /** As it was when its recording began. */
  readonly table: StoredTable
  /** What its log, triggers and functions are named after. */
  readonly name: string
  /** Quoted and qualified: `op`, `old` and `new`, the texts of the row's columns in the order of `columns`, its versions (text.ts), and who had written it before. `T`, after what it has deleted: TRUNCATE of the file `old_place` of the table `new_place`. */
  readonly log: string
  readonly columns: readonly string[]
}

/** Sorted behind everything that a person would name a trigger: what BEFORE TRUNCATE triggers change has been changed by then. */
const TRIGGER = 'zz_migrator_capture'

/**
 * Begins to record the changes of a table, in the transaction that is open. ENABLE ALWAYS: also while
 * `session_replication_role` silences triggers. SECURITY DEFINER: the author's role need not see the archive.
 */
export async function beginCapture(client: ClientBase, table: StoredTable): Promise<Capture> {
  const capture = nameCapture(
    table,
    table.oid,
    stored(table).map(({ name }) => name),
  )
  await createLog(client, capture)
  await client.query(emptiedFunction(capture))
  const addTriggers = async () => {
    for (const part of await readParts(client, table)) {
      await client.query(
        `create trigger ${TRIGGER}_truncate before truncate on ${part} for each statement execute function ${inArchive(`emptied_${table.oid}`)}();
         alter table only ${part} enable always trigger ${TRIGGER}_truncate`,
      )
    }
    await addRowTrigger(client, capture, TRIGGER)
  }
  const tried = await trySavepoint(client, addTriggers, (error) => sqlState(error) === '55006')
  // No table is altered for which a deferred check waits: then it is checked first.
  if ('refusal' in tried) {
    await fireDeferred(client)
    await addTriggers()
  }
  return capture
}

/** In the log of a watch: a row has changed that has no name for its key. */
export const MISSED = '?'

/** The trigger of a watch. */
export function watchTrigger(name: string): string {
  return `${TRIGGER}_${name}`
}

/** A capture of which rows change, and of nothing else of them but `columns`: for as long as it stays, over transactions. */
export async function beginWatch(
  client: ClientBase,
  table: StoredTable,
  name: string,
  columns: readonly string[],
): Promise<Capture> {
  const capture = nameCapture(table, name, columns)
  await createLog(client, capture, watchFunction(capture))
  await addRowTrigger(client, capture, watchTrigger(name))
  return capture
}

function nameCapture(table: StoredTable, name: string, columns: readonly string[]): Capture {
  return { table, name, log: inArchive(`log_${name}`), columns }
}

async function createLog(
  client: ClientBase,
  capture: Capture,
  changed = changedFunction(capture),
): Promise<void> {
  await createRelation(
    client,
    capture.log,
    `(n bigint generated always as identity, op "char" not null, old text[], new text[], old_place text, new_place text, stamp text)`,
  )
  await client.query(changed)
}

async function addRowTrigger(
  client: ClientBase,
  { table, name }: Capture,
  trigger: string,
): Promise<void> {
  await client.query(
    `create trigger ${trigger} after insert or update or delete on ${table.sql} for each row execute function ${inArchive(`changed_${name}`)}()`,
  )
  for (const part of await readParts(client, table)) {
    await client.query(`alter table only ${part} enable always trigger ${trigger}`)
  }
}

const SETTINGS = Object.entries({ ...EXACT_TEXT, search_path: 'pg_catalog, pg_temp' })
  .map(([name, value]) => `set ${name} = ${name === 'search_path' ? value : `'${value}'`}`)
  .join(' ')

function writeImage(columns: readonly string[], row: string): string {
  return columns.length === 0
    ? `'{}'::text[]`
    : `array[${columns.map((column) => asText(writeColumn(row, column))).join(', ')}]`
}

function changedFunction({ name, columns, log }: Capture, isKnown?: string): string {
  const unknown =
    isKnown === undefined
      ? ''
      : `if not (${isKnown}) then insert into ${log} (op) values ('${MISSED}'); return null; end if;`
  const write = writeChange(log, writeImage(columns, 'old'), writeImage(columns, 'new'))
  return triggerFunction(
    `create function ${inArchive(`changed_${name}`)}`,
    `begin ${unknown} ${write}`,
  )
}

/** Of a trigger behind a change, which returns nothing. */
function triggerFunction(create: string, body: string): string {
  return `${create}() returns trigger language plpgsql security definer ${SETTINGS} as $body$
      ${body}
        return null;
      end $body$`
}

/** `old` and `now`: images of the row. */
function writeChange(log: string, old: string, now: string): string {
  const [was, is] = [writeVersion('old'), writeVersion('new')]
  return `if tg_op = 'DELETE' then insert into ${log} (op, old, old_place, stamp) values ('D', ${old}, ${was}, old.xmin::text);
        elsif tg_op = 'INSERT' then insert into ${log} (op, new, new_place) values ('I', ${now}, ${is});
        else insert into ${log} (op, old, new, old_place, new_place, stamp) values ('U', ${old}, ${now}, ${was}, ${is}, old.xmin::text);
        end if;`
}

/**
 * Before DO or a call, which may rename or drop a column and then write the table: its rows are recorded by what the columns
 * are called then. The key must still be there, since the changes of a row are found by it. Each row costs a look at the
 * catalog.
 */
export async function followColumns(
  client: ClientBase,
  captures: Iterable<Capture>,
): Promise<void> {
  for (const capture of captures) {
    if (following.has(capture) || capture.columns.length === 0) continue
    await client.query(followingFunction(capture))
    following.add(capture)
  }
}

/** Those whose function does so already. */
const following = new WeakSet<Capture>()

function followingFunction(capture: Capture): string {
  const { table, name, columns, log } = capture
  const pairs = columns.map((one) => `(${findNumber(table, one)}, ${escapeLiteral(one)})`)
  const key = (keyWithout(table, []) ?? []).map((one) => findNumber(table, one))
  const there = `from pg_attribute where attrelid = ${table.oid} and not attisdropped and`
  const isSame = `(select count(*) ${there} (attnum, attname) in (${pairs.join(', ')})) = ${pairs.length}`
  const hasKey = `(select count(*) ${there} attnum = any ('{${key.join()}}'::int[])) = ${key.length}`
  return triggerFunction(
    `create or replace function ${inArchive(`changed_${name}`)}`,
    `declare image text; was text[]; now text[];
      begin
        if ${isSame} or not ${hasKey} then
          ${writeChange(log, writeImage(columns, 'old'), writeImage(columns, 'new'))}
          return null;
        end if;
        image := ${imageNow(capture, '$1')};
        if tg_op <> 'INSERT' then execute 'select ' || image into was using old; end if;
        if tg_op <> 'DELETE' then execute 'select ' || image into now using new; end if;
        ${writeChange(log, 'was', 'now')}`,
  )
}

/** A watch lasts for as long as nobody runs its migration: a column that is renamed meanwhile must fail no write of the application. */
function watchFunction(capture: Capture): string {
  const { columns } = capture
  if (columns.length === 0) return changedFunction(capture)
  const names = columns.map((column) => escapeLiteral(column)).join(', ')
  const known = `select count(*) = ${columns.length} from pg_attribute where attrelid = tg_relid and attname in (${names})`
  return changedFunction(capture, known)
}

function emptiedFunction(capture: Capture): string {
  const { name, log } = capture
  return triggerFunction(
    `create function ${inArchive(`emptied_${name}`)}`,
    `begin
        execute format($q$insert into ${log} (op, old, old_place, stamp)
            select 'D', %s, ${writeVersion('gone')}, gone.xmin::text from only %I.%I gone$q$, ${imageNow(capture, 'gone')}, tg_table_schema, tg_table_name);
        insert into ${log} (op, old_place, new_place) values ('T', pg_relation_filenode(tg_relid)::text, tg_relid::text);`,
  )
}

/**
 * SQL: an expression for the image of a row, by what its columns are called now; NULL for those that are gone. Partitions
 * have the names of their table.
 */
function imageNow({ table, columns }: Capture, row: string): string {
  const numbers = columns.map((name) => findNumber(table, name) ?? 0)
  const text = asText(`${row}.@`).replaceAll('%', '%%').replaceAll('@', '%1$I')
  return `(select 'array[' || coalesce(string_agg(case when a.attname is null then 'null' else format(${escapeLiteral(text)}, a.attname) end, ', ' order by place), '') || ']::text[]'
       from unnest('{${numbers.join()}}'::int[]) with ordinality as one (number, place)
       left join pg_attribute a on a.attrelid = ${table.oid} and a.attnum = number and not a.attisdropped)`
}

/** The table and its partitions, quoted and qualified. */
async function readParts(
  client: ClientBase,
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
export async function countChanges(client: ClientBase, { log }: Capture): Promise<number> {
  return countRows(client, `${log} where op in ('D', 'U')`)
}

/** True where TRUNCATE has emptied all of these files: a capture has what was in them. */
export async function wereEmptied(
  client: ClientBase,
  { log }: Capture,
  files: readonly string[],
): Promise<boolean> {
  const { rows } = await client.query<{ count: string }>(
    `select count(distinct old_place) from ${log} where op = 'T' and old_place = any ($1)`,
    [files],
  )
  return Number(rows[0]?.count) === files.length
}

/** Takes the triggers off again; the log stays. A table that is gone has none. */
export async function endCapture(
  client: ClientBase,
  { name }: Pick<Capture, 'name'>,
): Promise<void> {
  // No table may be altered while a deferred check of it waits.
  await fireDeferred(client)
  await dropTriggers(client, name)
}
