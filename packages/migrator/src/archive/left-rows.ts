import type pg from 'pg'
import { keyedBy, type ColumnPair } from './pairs.ts'
import type { ArchiveEntry } from './schema.ts'
import { countRows, type StoredColumn, type StoredTable } from './tables.ts'
import { asText, saysSame, writeColumn } from './text.ts'

/** Rows of the archive beside those of a table. */
export interface Comparison {
  readonly table: StoredTable
  /** Where the rows are. */
  readonly source: string
  readonly common: readonly ColumnPair[]
  /** Columns of the archive that the table does not have: a row with a value in one of them is not wholly restored. */
  readonly homeless: readonly StoredColumn[]
  /** Columns that held values of their own, and are computed now. */
  readonly computed: readonly ColumnPair[]
  /** Columns that may hold less than the archive has: of another type, or computed now. */
  readonly narrower: readonly string[]
}

/** What of the columns that the archive has the table may not hold as it was. */
export function compareColumns(
  entry: ArchiveEntry,
  table: StoredTable,
  kept: readonly StoredColumn[],
  common: readonly ColumnPair[],
): Pick<Comparison, 'homeless' | 'computed' | 'narrower'> {
  const computed = computedNow(table, kept)
  const narrower = [...common.filter((pair) => mayCut(entry, pair)), ...computed]
  return {
    homeless: kept.filter((one) => !isThere(one, table, common)),
    computed,
    narrower: narrower.map(({ column }) => column.name),
  }
}

/** A generated column is there though nothing is written to it. */
function isThere(
  one: StoredColumn,
  { columns }: StoredTable,
  common: readonly ColumnPair[],
): boolean {
  return (
    common.some(({ from }) => from === one) ||
    columns.some(({ name, isGenerated }) => isGenerated && name === one.name)
  )
}

/** Of `rows`, whose copy is text, lengths and precisions are not known. */
function mayCut({ kind, facts }: ArchiveEntry, { column, from }: ColumnPair): boolean {
  const { type, fullType } = column
  if (kind === 'table') return from.fullType !== fullType
  return facts.rowTypes?.[from.name] !== type || fullType !== type
}

function computedNow({ columns }: StoredTable, kept: readonly StoredColumn[]): ColumnPair[] {
  return columns.flatMap((column) => {
    const from = kept.find(({ name }) => name === column.name)
    return column.isGenerated && from && !from.isGenerated ? [{ column, from }] : []
  })
}

/** Leaves in the archive what is not in the table as it was; returns how many rows those are. */
export async function removeRestored(
  client: pg.ClientBase,
  { source, table, common, computed, homeless }: Comparison,
): Promise<number> {
  const key = keyedBy(table, common)
  const compared = [...common, ...computed]
  const equal = compared.map(({ column, from }) => isEqual(column, from))
  const isWhole = homeless.map(({ name }) => `${writeColumn('a', name)} is not distinct from null`)
  // By the key a row is found, by the rest it is compared.
  if (key !== undefined)
    await client.query(
      `delete from ${source} a using ${table.from} t where ${[key, ...equal, ...isWhole].join(' and ')}`,
    )
  else await removeEqual(client, { source, table, common: compared }, isWhole)
  return countRows(client, source)
}

/** Each row `alias`, and which one of those that are equal it is. */
function numbered(alias: string, names: readonly string[]): string {
  const texts = names.map((name) => asText(writeColumn(alias, name)))
  const all = `array[${texts.join(', ')}]::pg_catalog.text[]`
  return `${alias}.ctid as place, ${all} as row, pg_catalog.row_number() over (partition by ${all}) as nth`
}

/** Of rows that nothing tells apart as many as there are in the table. */
async function removeEqual(
  client: pg.ClientBase,
  { source, table, common }: Pick<Comparison, 'source' | 'table' | 'common'>,
  isWhole: readonly string[],
): Promise<void> {
  const theirs = common.map(({ column }) => column.name)
  const ours = common.map(({ from }) => from.name)
  await client.query(
    `with there as (select ${numbered('t', theirs)} from ${table.from} t), kept as (select ${numbered('a', ours)} from ${source} a)
     delete from ${source} a using kept join there on kept.row operator(pg_catalog.=) there.row and kept.nth operator(pg_catalog.=) there.nth
      where ${['a.ctid operator(pg_catalog.=) kept.place', ...isWhole].join(' and ')}`,
  )
}

/** SQL: a row `t` of the table has in a column what a row `a` of the archive has. */
export function isEqual(column: StoredColumn, from: StoredColumn): string {
  return saysSame(
    column,
    `(${asText(writeColumn('t', column.name))})`,
    `(${asText(writeColumn('a', from.name))})`,
  )
}
