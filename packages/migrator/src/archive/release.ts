import type pg from 'pg'
import type { DataLoss, Statement } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { archivedDependants, type ArchivedColumn, type Root } from './dependents.ts'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { sqlState } from '../session/connect.ts'
import { hasArchive } from './schema.ts'
import { INNER_TYPES } from './inner-types.ts'
import { findRoots } from './find-table-losses.ts'
import { asText, withExactText } from './text.ts'

type ObjectDrop = Extract<DataLoss, { readonly what: 'objects' }>

/**
 * Before a type goes (or what holds it: a schema, an extension, a table): columns of that type in the archive become
 * text. They would stand in its way, or go with it.
 */
export async function releaseTypes(
  client: pg.ClientBase,
  { dataLosses }: Pick<Statement, 'dataLosses'>,
): Promise<void> {
  const objects = dataLosses.filter((drop): drop is ObjectDrop => drop.what === 'objects')
  if (objects.length === 0 || !(await hasArchive(client))) return
  for (const drop of objects) {
    await release(client, await findRoots(client, drop))
  }
}

/** The same before tables go, by their oids, or when they are in the archive: each is a type as well. */
export async function releaseRowTypes(
  client: pg.ClientBase,
  oids: readonly string[],
): Promise<void> {
  await release(
    client,
    oids.map((objid) => ({ catalog: 'pg_class', objid, objsubid: 0 })),
  )
}

async function release(client: pg.ClientBase, roots: readonly Root[]): Promise<void> {
  for (const column of await archivedDependants(client, roots)) await becomeText(client, column)
}

/** The same for columns of the archive, by the oids of their tables, of which a statement takes something. */
export async function releaseColumns(
  client: pg.ClientBase,
  taken: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  for (const [oid, numbers] of taken) {
    const { rows } = await client.query<ArchivedColumn>(
      `select attrelid::regclass::text as table, attname as column from pg_attribute where attrelid = $1 and attnum = any ($2)`,
      [oid, numbers],
    )
    for (const column of rows) await becomeText(client, column)
  }
}

/**
 * Runs a statement of the author's in a savepoint. Undefined where it was refused, as may be for a type of a column in the
 * archive: those are text by then, and the statement runs again.
 */
export async function unlessInTheWay<T>(
  client: pg.ClientBase,
  hasArchive: boolean,
  execute: () => Promise<T>,
): Promise<T | undefined> {
  await client.query('savepoint migrator_statement')
  try {
    return await execute()
  } catch (error) {
    // feature_not_supported: PostgreSQL does not say whose column it is.
    if (!hasArchive || sqlState(error) !== '0A000') throw error
    await client.query(
      'rollback to savepoint migrator_statement; release savepoint migrator_statement',
    )
    if (!(await releaseComposites(client))) throw error
    return undefined
  }
}

/** The same for all columns of composite types. False where the archive has none. */
async function releaseComposites(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<ArchivedColumn>(
    `select format('%I.%I', n.nspname, c.relname) as table, a.attname as column
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition and exists (
        with recursive part (oid) as (
          select a.atttypid
          union select deeper.oid from part join pg_type t on t.oid = part.oid cross join lateral ${INNER_TYPES} deeper)
        select from part join pg_type made on made.oid = part.oid where made.typtype = 'c')`,
    [ARCHIVE_SCHEMA],
  )
  for (const column of rows) await becomeText(client, column)
  return rows.length > 0
}

async function becomeText(client: pg.ClientBase, { table, column }: ArchivedColumn): Promise<void> {
  const name = quoteName(column)
  await withExactText(client, () =>
    client.query(
      `alter table ${table} alter column ${name} type text collate "default" using ${asText(name)}`,
    ),
  )
}
