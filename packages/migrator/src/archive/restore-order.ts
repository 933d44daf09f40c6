import type { ArchiveEntry } from './schema.ts'
import type pg from 'pg'

const KINDS = { table: 0, rows: 0, values: 1, sequence: 2 }

/** The table that an entry is of, as it was named when it lost something. */
export const nameTable = ({ schema, table }: ArchiveEntry) => `${schema}.${table}`

/** True of values with which rows get another key. */
export const setsKey = ({ kind, key, columns }: ArchiveEntry) =>
  kind === 'values' && key.some((name) => columns.includes(name))

/**
 * Rows before the values in them, what is referred to before what refers to it, and the newest first. Where rows get
 * another key everything goes by age: a row that comes back needs the key that another one has had since.
 */
export async function inOrder(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
): Promise<ArchiveEntry[]> {
  const { rows } = await client.query<{ child: string; parent: string }>(
    `select cn.nspname || '.' || c.relname as child, pn.nspname || '.' || p.relname as parent
       from pg_constraint f
       join pg_class c on c.oid = f.conrelid join pg_namespace cn on cn.oid = c.relnamespace
       join pg_class p on p.oid = f.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      where f.contype = 'f' and f.conparentid = 0 and f.conrelid <> f.confrelid`,
  )
  const names = new Set(entries.map(nameTable))
  const depth = new Map([...names].map((name) => [name, 0]))
  // As often as there are tables: a circle of keys ends there.
  for (const _ of names) {
    for (const { child, parent } of rows) {
      const above = depth.get(parent)
      const below = depth.get(child)
      if (above !== undefined && below !== undefined && below <= above) depth.set(child, above + 1)
    }
  }
  const rekeyed = new Set(entries.filter(setsKey).map(nameTable))
  const rank = (entry: ArchiveEntry) => [
    rekeyed.has(nameTable(entry)) && entry.kind === 'values' ? KINDS.rows : KINDS[entry.kind],
    depth.get(nameTable(entry)) ?? 0,
    entry.kind === 'table' ? 0 : 1,
    -Number(entry.id),
  ]
  return entries.toSorted((one, other) => {
    const [a, b] = [rank(one), rank(other)]
    return a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
}
