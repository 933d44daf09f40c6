import type pg from 'pg'
import type { DataLoss, Statement } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { archivedDependants, type ArchivedColumn } from './dependents.ts'
import { hasArchive } from './schema.ts'
import { rootsOf } from './find-table-losses.ts'
import { textOf, withExactText } from './text.ts'

type ObjectDrop = Extract<DataLoss, { readonly what: 'objects' }>

/**
 * Before a type goes (or what holds it: a schema, an extension): columns of that type in the archive become
 * text. They would stand in its way, or go with it.
 */
export async function releaseTypes(
  client: pg.ClientBase,
  { dataLosses }: Pick<Statement, 'dataLosses'>,
): Promise<void> {
  const objects = dataLosses.filter(
    (drop): drop is ObjectDrop => drop.what === 'objects' && drop.kind !== 'table',
  )
  if (objects.length === 0 || !(await hasArchive(client))) return
  for (const drop of objects) {
    const columns = await archivedDependants(client, await rootsOf(client, drop))
    for (const column of columns) await becomeText(client, column)
  }
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

async function becomeText(client: pg.ClientBase, { table, column }: ArchivedColumn): Promise<void> {
  const name = quoteName(column)
  await withExactText(client, () =>
    client.query(
      `alter table ${table} alter column ${name} type text collate "default" using ${textOf(name)}`,
    ),
  )
}
