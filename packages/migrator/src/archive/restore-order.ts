import type { ArchiveEntry } from './schema.ts'
import type pg from 'pg'

const KINDS = { table: 0, rows: 0, values: 1, sequence: 2 }

/** The table that an entry is of, as it was named when it lost something. */
export const nameTable = ({ schema, table }: ArchiveEntry) => `${schema}.${table}`

interface Pair {
  readonly child: string
  readonly parent: string
}

/** Rows before the values in them, and what is referred to before what refers to it. */
export async function inOrder(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
): Promise<ArchiveEntry[]> {
  const { rows } = await client.query<Pair>(
    `select cn.nspname || '.' || c.relname as child, pn.nspname || '.' || p.relname as parent
       from pg_constraint f
       join pg_class c on c.oid = f.conrelid join pg_namespace cn on cn.oid = c.relnamespace
       join pg_class p on p.oid = f.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      where f.contype = 'f' and f.conparentid = 0 and f.conrelid <> f.confrelid`,
  )
  const depth = layersOf(new Set(entries.map(nameTable)), rows)
  const keys = keysFirst(entries)
  const rank = (entry: ArchiveEntry) => [
    KINDS[entry.kind],
    keys.get(entry.id) ?? 0,
    depth.get(nameTable(entry)) ?? 0,
    entry.kind === 'table' ? 0 : 1,
    -Number(entry.id),
  ]
  return entries.toSorted((one, other) => {
    const [a, b] = [rank(one), rank(other)]
    return a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
}

/**
 * Values of keys come before those that refer to them, also where the foreign key is not made again yet: the entries know
 * which there were.
 */
function keysFirst(entries: readonly ArchiveEntry[]): ReadonlyMap<string, number> {
  const all = entries.filter(({ kind }) => kind === 'values')
  const pairs = all.flatMap((child) =>
    all
      .filter((parent) => parent !== child && refersTo(child, parent))
      .map((parent) => ({ child: child.id, parent: parent.id })),
  )
  return layersOf(new Set(all.map(({ id }) => id)), pairs)
}

function refersTo({ facts }: ArchiveEntry, parent: ArchiveEntry): boolean {
  return (facts.references ?? []).some(
    ({ table, refers }) =>
      table === parent.facts.table && refers.some((name) => parent.columns.includes(name)),
  )
}

/** How many come before each by these pairs, at most as many as there are: a circle ends there. */
function layersOf(names: ReadonlySet<string>, pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const depth = new Map([...names].map((name) => [name, 0]))
  for (const _ of names) {
    for (const { child, parent } of pairs) {
      const above = depth.get(parent)
      const below = depth.get(child)
      if (above !== undefined && below !== undefined && below <= above) depth.set(child, above + 1)
    }
  }
  return depth
}
