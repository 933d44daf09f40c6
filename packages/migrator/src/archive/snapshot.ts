import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { fromTaken } from './count.ts'
import { inArchive } from './schema.ts'
import { keyWithout, readTables, stored, type StoredTable } from './tables.ts'
import type { Taking } from './takings.ts'
import { columnOf, textOf } from './text.ts'

/** A copy of what a statement is about to take, made before it runs, and settled after it has. */
export interface Snapshot {
  readonly taking: Taking
  /** Quoted and qualified. */
  readonly relation: string
  /** The columns that find a row again; empty where the table has no key. */
  readonly key: readonly string[]
  /** Of `values`: the columns that are copied. */
  readonly columns: readonly string[]
}

/**
 * Copies what a statement may take, as text, and locks the table until the end of the transaction, so that
 * nobody changes a row between the copy and the statement.
 */
export async function takeSnapshot(
  client: pg.ClientBase,
  taking: Taking,
  name: string,
  lock: 'share row exclusive' | 'access exclusive',
): Promise<Snapshot> {
  const { kind, table, matching } = taking
  const relation = inArchive(name)
  await client.query(`lock table ${table.sql} in ${lock} mode`)
  const key = keyOf(taking) ?? []
  const beside = (taking.beside ?? []).filter((column) => !key.includes(column))
  const columns = [...taking.columns.map(({ name }) => name), ...beside]
  const copied =
    kind === 'rows'
      ? stored(table).map(({ name }): [string, string] => [name, name])
      : [...numbered('key', key), ...numbered('old', columns)]
  const list = copied.map(([as, column]) => `${textOf(quoteName(column))} as ${quoteName(as)}`)
  const condition = kind === 'values' && matching === undefined ? copiedRows(taking) : undefined
  await client.query(
    `create table ${relation} as select ${list.join(', ')} ${fromTaken(taking, condition)}`,
  )
  return { taking, relation, key, columns }
}

/**
 * Of a column that goes all rows, since it may come back with a default in place of its NULLs; of one that
 * is converted those that change. What an UPDATE changes is seen after it: all that it meets is copied.
 */
function copiedRows({ columns }: Taking): string | undefined {
  if (columns.some(({ goes }) => goes)) return undefined
  return `(${columns.map(({ isTaken }) => `(${isTaken})`).join(' or ')})`
}

/** The columns that find again what a taking concerns; undefined where the table has no such key. */
export function keyOf({ kind, table, columns }: Taking): readonly string[] | undefined {
  return keyWithout(table, kind === 'rows' ? [] : columns.map(({ name }) => name))
}

/** Removes from the copy what the statement has left as it was; returns how many rows remain. */
export async function settleSnapshot(client: pg.ClientBase, snapshot: Snapshot): Promise<number> {
  const { taking, relation, key } = snapshot
  const [table] = await readTables(client, [taking.table.oid])
  if (table !== undefined && key.length > 0) {
    await (taking.kind === 'rows' ? settleRows : settleValues)(client, snapshot, table)
  }
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${relation}`)
  return Number(rows[0]?.count ?? 0)
}

/** A row that is still there, as it was, was not taken. */
async function settleRows(
  client: pg.ClientBase,
  { relation, key }: Snapshot,
  table: StoredTable,
): Promise<void> {
  const same = sameKey(table, key, (column) => columnOf('a', column))
  await client.query(`delete from ${relation} a using ${table.sql} t where ${same}`)
}

/** Keeps beside each old value the one that replaced it, and drops the rows and columns that are equal. */
async function settleValues(
  client: pg.ClientBase,
  { relation, key, columns }: Snapshot,
  table: StoredTable,
): Promise<void> {
  const pairs = columns.map((column, i) => ({ column, old: `old${i + 1}`, now: `new${i + 1}` }))
  const kept = pairs.filter(({ column }) => table.columns.some(({ name }) => name === column))
  if (kept.length === 0) return
  await client.query(
    `alter table ${relation} ${kept.map(({ now }) => `add column ${now} text`).join(', ')}`,
  )
  const set = kept.map(({ now, column }) => `${now} = ${textOf(columnOf('t', column))}`)
  const same = sameKey(table, key, (_, i) => `a.key${i + 1}`)
  await client.query(`update ${relation} a set ${set.join(', ')} from ${table.sql} t where ${same}`)
  if (kept.length < pairs.length) return
  const equal = kept.map(({ old, now }) => `${old} is not distinct from ${now}`)
  await client.query(`delete from ${relation} where ${equal.join(' and ')}`)
}

/** `t` and a row of the archive have the same key; `archived` says where the archive has it. */
export function sameKey(
  { columns }: StoredTable,
  key: readonly string[],
  archived: (column: string, i: number) => string,
): string {
  return key
    .map((name, i) => {
      const type = columns.find((column) => column.name === name)?.type ?? 'text'
      return `${columnOf('t', name)} = ${archived(name, i)}::${type}`
    })
    .join(' and ')
}

/** `old1`, `old2`, … with their columns. */
export function numbered(prefix: string, columns: readonly string[]): [string, string][] {
  return columns.map((column, i) => [`${prefix}${i + 1}`, column])
}
