import type pg from 'pg'
import type { Restored } from './restored.ts'
import { pairColumns, type ColumnPair } from './pairs.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { readArchived, type StoredTable } from './tables.ts'
import { asText, writeColumn } from './text.ts'
import { setsKey } from './restore-order.ts'
import { isSameRow, keyIn, type ValuesRelation } from './values.ts'
import { isOurs } from './versions.ts'

/*
 * Values whose rows the archive itself holds have the name of their entry for a version. They are of a row in a table
 * again when that entry has restored it, and of no other that has its key.
 */

function heldBy(id: string): string {
  return `entry ${id}`
}

/** The version of a row that is nowhere any more, or of which nothing tells where. */
export const GONE = heldBy('0')

/** SQL: the version of a row whose key this transaction has set, until it is known which entry has the key that it had. */
export const MOVED = `('${heldBy('moved ')}' || pg_current_xact_id())`

/** The row of an `a` is not held by the archive: one of its key in a table is another. */
export const IS_THERE = `coalesce(a.stamp, '') operator(pg_catalog.!~~) 'entry %'`

/** SQL: the row of a row of values, under an alias, is held by an entry. */
export const IS_HELD_BY = (alias: string, id: string) =>
  `${alias}.stamp operator(pg_catalog.=) '${heldBy(id)}'`

/** The row of an `a` is in a relation of the archive, by the columns of its key there. */
function isIn(relation: string, key: readonly string[]): string {
  const same = key.map((name, i) => `${asText(writeColumn('h', name))} = a.key${i + 1}`)
  return `exists (select from ${relation} h where ${same.join(' and ')})`
}

/** The rows that were fresh, and that are gone from the table now, are in the archive: all, or those of an entry of rows. */
export async function stampAsHeld(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  holder: { readonly id: string; readonly relation: string; readonly isTable: boolean },
): Promise<void> {
  const key = keyIn(entry, table)
  if (!holder.isTable && key.length === 0) return
  const isHeld = holder.isTable ? 'true' : isIn(inArchive(holder.relation), key)
  await client.query(
    `update ${inArchive(entry.relations[0] ?? '')} a set stamp = $1 where a.fresh and (${IS_THERE} or a.stamp = ${MOVED}) and ${isHeld}`,
    [heldBy(holder.id)],
  )
}

/**
 * Rows whose key was set are, by the key that they had, in the entry that has what was overwritten: where there is one.
 * `table`: as it was when that was recorded.
 */
export async function stampAsMoved(
  client: pg.ClientBase,
  values: ArchiveEntry,
  table: StoredTable,
  overwritten: ArchiveEntry | undefined,
): Promise<void> {
  const former = keyIn(values, table).map((name) => overwritten && findFormer(overwritten, name))
  const isKnown = overwritten && former.length > 0 && former.every((name) => name !== undefined)
  const isHeld = isKnown ? isIn(inArchive(overwritten.relations[0] ?? ''), former) : 'false'
  await client.query(
    `update ${inArchive(values.relations[0] ?? '')} a set stamp = case when ${isHeld} then $1 else '${GONE}' end where a.stamp = ${MOVED}`,
    [heldBy(overwritten?.id ?? '0')],
  )
}

/** The column of an entry's relation that says what rows had in a column of their key before. */
function findFormer({ columns, key }: ArchiveEntry, name: string): string | undefined {
  if (columns.includes(name)) return `old${columns.indexOf(name) + 1}`
  return key.includes(name) ? `key${key.indexOf(name) + 1}` : undefined
}

/** Rows have the keys again that an entry had of them: that is where other values find them. */
export async function followKeys(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  pending: readonly ArchiveEntry[],
): Promise<void> {
  if (!setsKey(entry)) return
  for (const values of pending) {
    const isOther = values.kind === 'values' && values.facts.table === table.oid
    if (!isOther || values.id === entry.id || values.key.length === 0) continue
    const former = values.key.map((name) => findFormer(entry, name))
    const key = keyIn(values, table)
    if (key.includes('') || !former.every((name) => name !== undefined)) continue
    await findAgain(client, values, entry, {
      table,
      key,
      isBack: `not ${isIn(inArchive(entry.relations[0] ?? ''), former)}`,
    })
  }
}

/** An entry of rows, and what became of them. */
interface Holder extends Pick<Restored, 'restored' | 'isPartial'> {
  readonly entry: ArchiveEntry
  readonly table: StoredTable
}

/** Rows that an entry held are in a table again: that is where their other values belong now, by the names of its columns. */
export async function followRestored(
  client: pg.ClientBase,
  holder: Holder,
  pending: readonly ArchiveEntry[],
): Promise<void> {
  const waiting = pending.filter(
    ({ kind, facts }) => kind === 'values' && (facts.table !== undefined || facts.isCopied),
  )
  if (holder.restored === 0 || waiting.length === 0) return
  const held = await readArchived(client, inArchive(holder.entry.relations[0] ?? ''))
  const pairs = pairColumns(holder.entry, holder.table, held)
  for (const values of waiting) {
    const key = keyIn(values, holder.table).map((name) =>
      pairs.find(({ column }) => column.name === name),
    )
    if (key.length > 0 && key.every((pair) => pair !== undefined))
      await follow(client, values, holder, key)
  }
}

async function follow(
  client: pg.ClientBase,
  values: ArchiveEntry,
  { entry, table, isPartial }: Holder,
  pairs: readonly ColumnPair[],
): Promise<void> {
  const key = pairs.map(({ column }) => column.name)
  const namesHeld = pairs.map(({ from }) => from.name)
  const isBack = isPartial ? `not ${isIn(inArchive(entry.relations[0] ?? ''), namesHeld)}` : 'true'
  if (!(await findAgain(client, values, entry, { table, key, isBack }))) return
  // Numbers of columns are those of the table that is gone: in this one they go by their names.
  await client.query(
    `update migrator_archive.entries set facts = (case when facts->>'table' = $2 then facts else facts - '{numbers,newest,keyNumbers}'::text[] end) || jsonb_build_object('table', $2::text) where id = $1`,
    [values.id, table.oid],
  )
}

/** Gives values whose rows were held the versions that those have in a table now; false where none is there. */
async function findAgain(
  client: pg.ClientBase,
  values: ArchiveEntry,
  holder: ArchiveEntry,
  { table, key, isBack }: Pick<ValuesRelation, 'table' | 'key'> & { readonly isBack: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update ${inArchive(values.relations[0] ?? '')} a set stamp = t.xmin::text from ${table.from} t
      where a.stamp = $1 and ${isSameRow({ table, key })} and ${isOurs('t.xmin')} and ${isBack}`,
    [heldBy(holder.id)],
  )
  return (rowCount ?? 0) > 0
}
