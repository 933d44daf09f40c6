import type pg from 'pg'
import type { Name, Statement } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { sqlState } from '../session/connect.ts'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { tooLarge } from './unarchivable.ts'
import { failure } from '../errors/index.ts'
import { releaseRowTypes } from './release.ts'
import { createRelation, inArchive } from './schema.ts'
import { dropOuterColumns, stripTables } from './detach-dependents.ts'
import { PARTITIONS, type StoredTable } from './tables.ts'

/** A table that a statement drops, and the name that it takes in the archive. */
export interface Departing {
  readonly table: StoredTable
  readonly relation: string
}

export interface DropRequest {
  readonly statement: Pick<Statement, 'dataLosses'>
  /** Tables with rows: what is to be kept of what the statement drops. */
  readonly departing: readonly Departing[]
  /** All that it drops. */
  readonly all: readonly StoredTable[]
  /** Bytes that a copy may have, where a table cannot be moved. */
  readonly limit: number
  /** Runs the statement as it is. */
  readonly execute: () => Promise<number>
}

/**
 * Drops tables, and keeps those with rows in the archive. They are moved, which takes no time whatever their
 * size. PostgreSQL decides: the statement is run and rolled back first, so that its refusals are its own, and
 * the move must leave exactly the objects that it left. Where it cannot, the tables are copied.
 *
 * Returns the relations in the archive of each table, in the order of `departing`. Throws NOT_KEPT.
 */
export async function dropTables(
  client: pg.ClientBase,
  { statement, departing, all, limit, execute }: DropRequest,
): Promise<{ readonly rows: number; readonly relations: readonly string[][] }> {
  await client.query('savepoint migrator_verdict')
  const rows = await execute()
  const verdict = await readObjects(client)
  await client.query('rollback to savepoint migrator_verdict')
  try {
    const moving: Moving[] = []
    for (const { table, relation } of departing)
      moving.push({ relation, tree: await readTree(client, table) })
    const trees = moving.flatMap(({ tree }) => tree.map(({ oid }) => oid))
    await dropOuterColumns(client, trees)
    const relations: string[][] = []
    for (const one of moving) relations.push(await moveTree(client, one))
    await releaseRowTypes(client, [...trees, ...all.map(({ oid }) => oid)])
    await (isDropTable(statement) ? dropRest(client, departing, all) : execute())
    if ((await readObjects(client)) === verdict) return { rows, relations }
  } catch (error) {
    // A missing lock or a lost connection says nothing about the table.
    if (!/^(0A|2B|42|55000)/.test(sqlState(error) ?? '') || sqlState(error) === '42501') throw error
  }
  await client.query('rollback to savepoint migrator_verdict')
  for (const { table, relation } of departing) {
    if (table.bytes > limit) {
      const unarchivableReason = `it cannot be moved, ${tooLarge(table.bytes, limit)}`
      throw failure('NOT_KEPT', { objects: [{ object: table.label, unarchivableReason }] })
    }
    await createRelation(client, inArchive(relation), `as select * from ${table.from}`)
  }
  return { rows: await execute(), relations: departing.map(({ relation }) => [relation]) }
}

function isDropTable({ dataLosses }: Pick<Statement, 'dataLosses'>): boolean {
  return dataLosses.every((drop) => drop.what === 'objects' && drop.kind === 'table')
}

/** Drops the tables without rows, of which nothing is kept. */
async function dropRest(
  client: pg.ClientBase,
  departing: readonly Departing[],
  all: readonly StoredTable[],
): Promise<void> {
  const moved = new Set(departing.map(({ table }) => table.oid))
  for (const { oid, sql } of all) {
    if (!moved.has(oid)) await client.query(`drop table if exists ${sql} cascade`)
  }
}

interface Moving {
  /** A table and its partitions, the table first. */
  readonly tree: readonly (Required<Name> & { readonly oid: string })[]
  /** The name of the table in the archive. */
  readonly relation: string
}

async function readTree(client: pg.ClientBase, { oid }: StoredTable): Promise<Moving['tree']> {
  const { rows } = await client.query<Moving['tree'][number]>(
    `select c.oid::text, n.nspname as schema, c.relname as name
       from ${PARTITIONS} as part
       join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
      order by c.oid <> $1::oid, c.oid`,
    [oid],
  )
  return rows
}

/** Returns the names of its tables in the archive. */
async function moveTree(client: pg.ClientBase, { tree, relation }: Moving): Promise<string[]> {
  await stripTables(
    client,
    tree.map(({ oid }) => oid),
  )
  const names = tree.map((_, i) => (i === 0 ? relation : `${relation}_${i}`))
  for (const [i, { schema, name }] of tree.entries()) {
    const final = names[i] ?? ''
    // Renamed first: no table in the archive has its final name, but one may have its old name.
    await client.query(`alter table ${quoteName(name, schema)} rename to ${quoteName(final)}`)
    await client.query(`alter table ${quoteName(final, schema)} set schema ${ARCHIVE_SCHEMA}`)
  }
  return names
}

/** A hash over the oids, outside of the archive, of everything that a DROP may remove. */
async function readObjects(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ hash: string }>(
    `with relation as (
       select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname not in ($1, 'pg_catalog', 'information_schema', 'pg_toast')),
     object (kind, oid, part) as (
       select 'relation', oid, 0 from relation
       union all select 'column', attrelid, attnum from pg_attribute join relation on relation.oid = attrelid
                  where attnum > 0 and not attisdropped
       union all select 'default', d.oid, 0 from pg_attrdef d join relation on relation.oid = d.adrelid
       union all select 'constraint', c.oid, 0 from pg_constraint c join pg_namespace n on n.oid = connamespace where nspname <> $1
       union all select 'rule', r.oid, 0 from pg_rewrite r join relation on relation.oid = ev_class
       union all select 'trigger', t.oid, 0 from pg_trigger t join relation on relation.oid = tgrelid
       union all select 'policy', p.oid, 0 from pg_policy p join relation on relation.oid = polrelid
       union all select 'type', t.oid, 0 from pg_type t join pg_namespace n on n.oid = typnamespace where nspname not in ($1, 'pg_toast')
       union all select 'routine', p.oid, 0 from pg_proc p where p.oid >= 16384
       union all select 'statistics', s.oid, 0 from pg_statistic_ext s join pg_namespace n on n.oid = stxnamespace where nspname <> $1
       union all select 'publication', p.oid, 0 from pg_publication_rel p
       union all select 'schema', oid, 0 from pg_namespace where nspname <> $1
       union all select 'extension', oid, 0 from pg_extension
       union all select 'collation', oid, 0 from pg_collation where oid >= 16384)
     select md5(string_agg(format('%s %s %s', kind, oid, part), ',' order by kind, oid, part)) as hash from object`,
    [ARCHIVE_SCHEMA],
  )
  return rows[0]?.hash ?? ''
}
