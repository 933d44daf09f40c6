import type pg from 'pg'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import { INNER_TYPES } from './inner-types.ts'
import { askAgain } from '../session/prepared.ts'

/**
 * What a statement may take something from, at one moment of a transaction. Two of them tell what a statement
 * really did, whatever its text: a table, a column or a type that is no more, a table that was emptied, rows
 * that this transaction has deleted or updated.
 */
export interface Inventory {
  /** By oid. */
  readonly tables: ReadonlyMap<string, InventoryTable>
  /** By `oid.number`. */
  readonly columns: ReadonlyMap<string, InventoryColumn>
  /** The same of tables in the archive that are no partitions, as far as their types are the author's. */
  readonly archived: ReadonlyMap<string, InventoryColumn>
  readonly isUncounted: boolean
}

export interface InventoryColumn {
  /** `type.modifier`. */
  readonly type: string
  /** The attributes of the composite types that its type is made of, each with its own type. */
  readonly attributes: readonly string[]
}

export interface InventoryTable {
  /** The table that it is a partition of, at any depth; of a table of its own, itself. */
  readonly root: string
  /** The table that it is a partition of; of a table of its own, itself. */
  readonly parent: string
  /** The storage: another one after TRUNCATE and after a rewrite. */
  readonly file: string
  /** Rows that this transaction has deleted or updated so far, also in savepoints that were rolled back. */
  readonly changed: number
  /** This transaction has locked it to write rows. */
  readonly isWritten: boolean
}

/**
 * True where PostgreSQL's counts do not say what this transaction has changed: they are off, or a function of the author's
 * knows how to switch them off for a while.
 */
export const IS_UNCOUNTED = `(pg_catalog.current_setting('track_counts') operator(pg_catalog.=) 'off' or ${hasFunction("pg_catalog.concat(proconfig, prosrc) operator(pg_catalog.~*) 'track_counts'")})`

/** SQL: whether there is such a function of the author's. `condition` is SQL on a row of pg_proc. */
export function hasFunction(condition: string): string {
  return `exists (select from pg_catalog.pg_proc where oid operator(pg_catalog.>=) 16384::pg_catalog.oid and ${condition})`
}

/**
 * A function of the author's may drop or alter something, and so may what calls it or fires it: its text says so, or it
 * executes what it is given, or it is in a language whose texts say nothing to us.
 */
const MAY_TAKE = hasFunction(
  "(prolang operator(pg_catalog.>=) 16384::pg_catalog.oid or prosrc operator(pg_catalog.~*) '\\m(drop|alter|execute)\\M')",
)

/** Something runs a function of the author's whose name is in no statement: a constraint, an index, a type, a trigger. */
const RUNS_UNNAMED = `exists (select from pg_catalog.pg_depend where refclassid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
  and refobjid operator(pg_catalog.>=) 16384::pg_catalog.oid)`

/** SQL: whether what a statement checks or reads may take something, though its text names no function. */
export const MAY_TAKE_UNNAMED = `(${MAY_TAKE} and ${RUNS_UNNAMED})`

/** SQL: event triggers run at changes of the schema. */
export const HAS_EVENT_TRIGGERS = `exists (select from pg_catalog.pg_event_trigger where evtenabled operator(pg_catalog.<>) 'D')`

/** Which functions of the author's have a part in statements whose texts do not say what they do. */
export interface Functions {
  /** One that is called, or fired by rows that are written, may drop or alter something. */
  readonly mayTake: boolean
  /** Statements run some without naming them: to check rows, or to read them. */
  readonly areRunUnnamed: boolean
  /** Event triggers run at any change of the schema. */
  readonly haveEvents: boolean
}

export async function readFunctionKinds(client: pg.ClientBase): Promise<Functions> {
  const { rows } = await askAgain<Functions>(
    client,
    `select ${MAY_TAKE} as "mayTake", ${RUNS_UNNAMED} as "areRunUnnamed", ${HAS_EVENT_TRIGGERS} as "haveEvents"`,
  )
  return rows[0] ?? { mayTake: true, areRunUnnamed: true, haveEvents: true }
}

const INVENTORY = `
  with recursive relation as (
    select c.oid, n.nspname = '${ARCHIVE_SCHEMA}' as "isArchived", coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) as root,
           coalesce((select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid = c.oid and c.relispartition limit 1), c.oid) as parent
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.relpersistence <> 't'
       and n.nspname not in ('${JOURNAL_SCHEMA}', 'pg_catalog', 'information_schema', 'pg_toast')),
  held as (
    select a.*, "isArchived" from pg_catalog.pg_attribute a join relation on relation.oid = attrelid and (relation.root = relation.oid or not "isArchived")
     where attnum > 0 and not attisdropped and attgenerated = '' and (atttypid >= 16384 or not "isArchived")),
  made_of (whole, oid) as (
    select distinct atttypid, atttypid from held where atttypid >= 16384
    union
    select whole, part.oid from made_of join pg_catalog.pg_type t on t.oid = made_of.oid cross join lateral ${INNER_TYPES} as part
     where part.oid >= 16384),
  attribute as (
    select whole, pg_catalog.json_agg(pg_catalog.concat_ws('.', attrelid, attnum, atttypid, atttypmod)) as attributes
      from made_of join pg_catalog.pg_type t using (oid) join pg_catalog.pg_attribute on attrelid = t.typrelid and attnum > 0 and not attisdropped
     group by whole)
  select (select pg_catalog.json_agg(pg_catalog.json_build_array(oid::text, root::text, parent::text, pg_catalog.pg_relation_filenode(oid)::text,
                 pg_catalog.pg_stat_get_xact_tuples_deleted(oid) + pg_catalog.pg_stat_get_xact_tuples_updated(oid),
                 oid in (select l.relation from pg_catalog.pg_locks l where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock'))) from relation where not "isArchived") as tables,
         ${IS_UNCOUNTED} as "isUncounted",
         (select pg_catalog.json_agg(pg_catalog.json_build_array("isArchived", attrelid || '.' || attnum, atttypid || '.' || atttypmod, coalesce(attributes, '[]')))
            from held left join attribute on whole = atttypid) as columns`

export async function readInventory(client: pg.ClientBase): Promise<Inventory> {
  const { rows } = await askAgain<{
    tables: [string, string, string, string | null, number, boolean][] | null
    columns: [boolean, string, string, string[]][] | null
    isUncounted: boolean
  }>(client, INVENTORY)
  const tables = (rows[0]?.tables ?? []).map(([oid, root, parent, file, changed, isWritten]) => {
    const table: InventoryTable = { root, parent, file: file ?? '', changed, isWritten }
    return [oid, table] as const
  })
  const columns = (isWanted: boolean) =>
    (rows[0]?.columns ?? []).flatMap(([isArchived, key, type, attributes]) =>
      isArchived === isWanted ? [[key, { type, attributes }] as const] : [],
    )
  return {
    tables: new Map(tables),
    columns: new Map(columns(false)),
    archived: new Map(columns(true)),
    isUncounted: rows[0]?.isUncounted ?? true,
  }
}

/** What one statement did to the database's tables. All by oid. */
export interface TakenAway {
  /** A partition that is gone with its table is not named by itself. */
  readonly tables: readonly string[]
  /** Columns that are gone, or have another type or less attributes now, of tables that are still there; by their numbers. */
  readonly columns: ReadonlyMap<string, readonly number[]>
  /** The same of tables in the archive. */
  readonly archived: ReadonlyMap<string, readonly number[]>
  /** Tables of which rows were deleted or updated, with their number; 0: it may be any, since nobody has counted. */
  readonly changed: ReadonlyMap<string, number>
  /** Tables whose storage is another one: emptied, or rewritten; with the files that they had before. */
  readonly renewed: ReadonlyMap<string, readonly string[]>
}

/** What went that neither a copy nor a capture has. */
export interface Unkept extends Omit<TakenAway, 'renewed'> {
  /** Columns of tables that were rewritten although no text says so. */
  readonly overwritten: TakenAway['columns']
  /** Tables whose storage is another one. */
  readonly renewed: readonly string[]
}

/** `isUncounted`: the statement itself may switch the counts off. */
export function compareInventories(
  before: Inventory,
  after: Inventory,
  isUncounted: boolean,
): TakenAway {
  const isGone = (oid: string) => !after.tables.has(oid)
  // What a partition loses its table loses; but for one that is a partition only now, or no more.
  const isCounted = (oid: string) =>
    !isGone(oid) && [before, after].some(({ tables }) => tables.get(oid)?.root === oid)
  const tables = [...before.tables]
    .filter(([oid, { parent }]) => isGone(oid) && (parent === oid || !isGone(parent)))
    .map(([oid]) => oid)
  const columns = compareColumns(before.columns, after.columns, isCounted)
  const archived = compareColumns(before.archived, after.archived, () => true)
  return {
    tables,
    columns,
    archived,
    ...compareRows(before, after, isUncounted || after.isUncounted),
  }
}

function compareColumns(
  before: Inventory['columns'],
  after: Inventory['columns'],
  isCounted: (oid: string) => boolean,
): TakenAway['columns'] {
  const columns = new Map<string, number[]>()
  for (const [key, { type, attributes }] of before) {
    const [oid = '', number = ''] = key.split('.')
    const now = after.get(key)
    const isSame = now?.type === type && attributes.every((one) => now.attributes.includes(one))
    if (!isSame && isCounted(oid)) columns.set(oid, [...(columns.get(oid) ?? []), Number(number)])
  }
  return columns
}

function compareRows(
  before: Inventory,
  after: Inventory,
  isUncounted: boolean,
): Pick<TakenAway, 'changed' | 'renewed'> {
  const changed = new Map<string, number>()
  const renewed = new Map<string, readonly string[]>()
  for (const [oid, { file, changed: count, root, isWritten }] of after.tables) {
    const then = before.tables.get(oid)
    if (!then) continue
    // A partition that was detached is a table of its own, and the rows are still there.
    const whole = then.root === root ? root : oid
    if (count > then.changed) changed.set(whole, (changed.get(whole) ?? 0) + count - then.changed)
    if (isUncounted && isWritten && !changed.has(whole)) changed.set(whole, 0)
    if (file !== then.file) renewed.set(whole, [...(renewed.get(whole) ?? []), then.file])
  }
  return { changed, renewed }
}

/** The number of the column that was made last, by the oid of its table. */
export async function readNewest(client: pg.ClientBase): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ oid: string; newest: number }>(
    `select oid::text, relnatts::int as newest from pg_class where relkind in ('r', 'p') and relpersistence <> 't'`,
  )
  return new Map(rows.map(({ oid, newest }) => [oid, newest]))
}
