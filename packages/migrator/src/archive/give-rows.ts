import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { JOURNAL_SCHEMA } from '../journal/journal.ts'
import type { Given } from './give-back.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { advanceSequences } from './sequences.ts'
import { sameKey } from './snapshot.ts'
import { keyWithout, readTables, stored, type StoredColumn, type StoredTable } from './tables.ts'
import { columnOf, textOf } from './text.ts'
import { withoutTriggers } from './triggers.ts'

/** Puts rows back into a table: those whose keys are taken by others stay in the archive. */
export async function giveRows(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
): Promise<Given> {
  const [relation = ''] = entry.relations
  const kept = await readArchived(client, relation)
  const common = stored(table).flatMap((column) => {
    const from = kept.find(({ name }) => name === column.name)
    return from ? [{ column, from }] : []
  })
  const names = common.map(({ column }) => quoteName(column.name)).join(', ')
  const values = common.map(({ column, from }) => converted('a', from, column)).join(', ')
  const source = inArchive(relation)
  await overwriteOwn(client, { entry, table, source, common })
  let inserted = 0
  await withoutTriggers(client, table, 'insert', async () => {
    const { rowCount } = await client.query(
      `insert into ${table.sql} (${names}) overriding system value
       select ${values} from ${source} a on conflict do nothing`,
    )
    inserted = rowCount ?? 0
  })
  await advanceSequences(client, table.sql, entry.sequences)
  const total = await countAll(client, source)
  const left = inserted === total ? 0 : await removeReturned(client, source, table, common)
  const homeless = kept.filter(({ name }) => !table.columns.some((column) => column.name === name))
  const lost = await countValues(client, source, homeless)
  if (left > 0) {
    return { given: total - left, left, why: `${left} rows have keys that other rows have now` }
  }
  const why = `${homeless.map(({ name }) => name).join(', ')}: the table has no such column now`
  return { given: total, left: lost, why }
}

interface Return {
  readonly entry: ArchiveEntry
  readonly table: StoredTable
  /** Where the rows are. */
  readonly source: string
  readonly common: readonly { readonly column: StoredColumn; readonly from: StoredColumn }[]
}

/**
 * Rows that the migration itself has just inserted, and nobody has touched since, become what they were
 * before it was taken back. Without a key they cannot be told from those of the archive, which has them all.
 */
async function overwriteOwn(
  client: pg.ClientBase,
  { entry, table, source, common }: Return,
): Promise<void> {
  if (entry.kind !== 'table') return
  const key = keyWithout(table, [])
  if (!key) {
    await withoutTriggers(client, table, 'delete', async () =>
      client.query(`delete from ${table.sql} t where ${IS_OWN}`, [entry.migration]),
    )
    return
  }
  const others = common.filter(({ column }) => !key.includes(column.name) && !column.isIdentity)
  if (others.length === 0) return
  const set = others.map(
    ({ column, from }) => `${quoteName(column.name)} = ${converted('a', from, column)}`,
  )
  await withoutTriggers(client, table, 'update', async () =>
    client.query(
      `update ${table.sql} t set ${set.join(', ')} from ${source} a
        where ${sameKey(table, key, archivedKey(common))} and ${IS_OWN}`,
      [entry.migration],
    ),
  )
}

/** Their last writer is a transaction that wrote one of the migration's entries of the journal. */
const IS_OWN = `t.xmin = any (array(
  select j.xmin from ${JOURNAL_SCHEMA}.journal j
   where j.migration = $1 and j.event = 'done' and j.direction = 'up'))`

/** Says where the archive has a column of the key, in the type of the table. */
function archivedKey(common: Return['common']): (name: string) => string {
  return (name) => {
    const pair = common.find(({ column }) => column.name === name)
    return pair ? `(${converted('a', pair.from, pair.column)})` : 'null'
  }
}

/** A value of the archive as one of the table: as it is where the type is the same, else through text. */
export function converted(alias: string, from: StoredColumn, to: StoredColumn): string {
  const value = columnOf(alias, from.name)
  return from.typeOid === to.typeOid ? value : `(${textOf(value)})::${to.type}`
}

export async function readArchived(
  client: pg.ClientBase,
  relation: string,
): Promise<readonly StoredColumn[]> {
  const { rows } = await client.query<{ oid: string }>('select $1::regclass::oid::text as oid', [
    inArchive(relation),
  ])
  const [table] = await readTables(client, [rows[0]?.oid ?? '0'])
  return table?.columns ?? []
}

async function countAll(client: pg.ClientBase, source: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${source}`)
  return Number(rows[0]?.count ?? 0)
}

/** Leaves in the archive what is not in the table as it was; returns how many rows those are. */
async function removeReturned(
  client: pg.ClientBase,
  source: string,
  table: StoredTable,
  common: Return['common'],
): Promise<number> {
  const equal = common.map(({ column, from }) => {
    const there = textOf(columnOf('t', column.name))
    return `(${there}) is not distinct from (${textOf(columnOf('a', from.name))})`
  })
  const key = keyWithout(table, []) ?? []
  // The key first: by it a row is found, by the rest it is compared.
  const same = [...(key.length > 0 ? [sameKey(table, key, archivedKey(common))] : []), ...equal]
  await client.query(`delete from ${source} a using ${table.sql} t where ${same.join(' and ')}`)
  return countAll(client, source)
}

/** Rows in which one of the columns has a value. */
async function countValues(
  client: pg.ClientBase,
  source: string,
  columns: readonly StoredColumn[],
): Promise<number> {
  if (columns.length === 0) return 0
  const any = columns.map(({ name }) => `${quoteName(name)} is distinct from null`).join(' or ')
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from ${source} where ${any}`,
  )
  return Number(rows[0]?.count ?? 0)
}
