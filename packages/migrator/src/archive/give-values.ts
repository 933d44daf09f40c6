import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import type { Given } from './give-back.ts'
import { readArchived } from './give-rows.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { sameKey } from './snapshot.ts'
import type { StoredTable } from './tables.ts'
import { columnOf, textOf } from './text.ts'
import { withoutTriggers } from './triggers.ts'

/** Puts values back where nobody has changed them since; the others stay in the archive. */
export async function giveValues(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
): Promise<Given> {
  const [relation = ''] = entry.relations
  const source = inArchive(relation)
  const archived = new Set((await readArchived(client, relation)).map(({ name }) => name))
  const same = sameKey(table, entry.key, (_, i) => `a.key${i + 1}`)
  const columns = entry.columns.map((name, i) => ({
    column: table.columns.find((column) => column.name === name),
    old: `a.old${i + 1}`,
    replaced: archived.has(`new${i + 1}`) ? `a.new${i + 1}` : undefined,
  }))
  await withoutTriggers(client, table, 'update', async () => {
    for (const { column, old, replaced } of columns) {
      if (!column || column.isGenerated) continue
      const now = textOf(columnOf('t', column.name))
      const isUntouched =
        replaced === undefined ? '' : `and (${now}) is not distinct from ${replaced}`
      await client.query(
        `update ${table.sql} t set ${quoteName(column.name)} = ${old}::${column.type} from ${source} a
          where ${same} and (${now}) is distinct from ${old} ${isUntouched}`,
      )
    }
  })
  const isBack = columns.map(({ column, old }) =>
    column ? `(${textOf(columnOf('t', column.name))}) is not distinct from ${old}` : 'false',
  )
  const { rowCount } = await client.query(
    `delete from ${source} a using ${table.sql} t where ${same} and ${isBack.join(' and ')}`,
  )
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${source}`)
  const left = Number(rows[0]?.count ?? 0)
  return { given: rowCount ?? 0, left, why: `${left} rows were changed or deleted since` }
}
