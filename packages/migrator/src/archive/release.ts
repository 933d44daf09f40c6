import type pg from 'pg'
import type { DataLoss, Statement } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { archivedDependants } from './dependents.ts'
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
    for (const { table, column } of columns) {
      const name = quoteName(column)
      await withExactText(client, async () =>
        client.query(
          `alter table ${table} alter column ${name} type text collate "default" using ${textOf(name)}`,
        ),
      )
    }
  }
}
