import type { ClientBase } from 'pg'
import type { ReferenceRow } from '../project/reference-table.ts'
import { sqlState } from '../session/connect.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Comparison } from './compare.ts'

/** Another row has a value that only one may have, or the row that it refers to is not there. */
const IN_THE_WAY: ReadonlySet<unknown> = new Set(['23505', '23P01', '23503'])

export const isInTheWay = (error: unknown): boolean => IN_THE_WAY.has(sqlState(error))

/**
 * Inserts a row, and returns its key as it was stored; undefined where a row is in the way or is missing, or a trigger keeps
 * it out.
 * On the author's side, as are the others: what triggers run is the author's.
 */
export async function insertRow(
  client: ClientBase,
  { target, key }: Comparison,
  row: ReferenceRow,
): Promise<ReferenceRow | undefined> {
  const names = Object.keys(row)
  const own = target.columns.filter(({ name }) => names.includes(name))
  const overriding = own.some(({ isAlwaysIdentity }) => isAlwaysIdentity)
    ? ' overriding system value'
    : ''
  const parts = key.map(({ name }) => name)
  const insert = () =>
    send(
      client,
      `insert into ${target.sql} as t (${listed(names)})${overriding}
     values (${names.map((_, i) => `$${i + 1}`).join(', ')}) returning ${columnTexts(parts)}`,
      Object.values(row),
      parts,
    )
  return orRefused(client, insert)
}

/** Updates the columns of the row with the key, and returns the key as it is stored then. */
export async function updateRow(
  client: ClientBase,
  { target, key }: Comparison,
  change: {
    readonly key: ReferenceRow
    readonly values: ReferenceRow
    /** SQL, by column. */
    readonly besides: Readonly<Record<string, string>>
  },
): Promise<ReferenceRow | undefined> {
  const parts = key.map(({ name }) => name)
  const names = Object.keys(change.values)
  const sets = names.map((name, i) => `${quoteName(name)} = $${i + 1}`)
  const besides = Object.entries(change.besides)
    .filter(([name]) => !names.includes(name))
    .map(([name, sql]) => `${quoteName(name)} = ${sql}`)
  const update = () =>
    send(
      client,
      `update ${target.sql} as t set ${[...sets, ...besides].join(', ')}
      where ${hasKeyText(key, names.length)} returning ${columnTexts(parts)}`,
      [...Object.values(change.values), ...parts.map((name) => change.key[name])],
      parts,
    )
  return orRefused(client, update)
}

/** Deletes the row with the key, and returns all of it; undefined where a trigger keeps it. */
export async function deleteRow(
  client: ClientBase,
  { target, key }: Comparison,
  row: ReferenceRow,
): Promise<ReferenceRow | undefined> {
  const all = target.columns.map(({ name }) => name)
  return send(
    client,
    `delete from ${target.sql} as t where ${hasKeyText(key, 0)} returning ${columnTexts(all)}`,
    key.map(({ name }) => row[name]),
    all,
  )
}

/** What is refused by a unique index or a foreign key is undone alone. */
async function orRefused(
  client: ClientBase,
  work: () => Promise<ReferenceRow | undefined>,
): Promise<ReferenceRow | undefined> {
  await client.query('savepoint reference_row')
  try {
    const row = await work()
    await client.query('release savepoint reference_row')
    return row
  } catch (error) {
    if (!isInTheWay(error)) throw error
    await client.query('rollback to savepoint reference_row')
    return undefined
  }
}

/** The texts of the row that a statement returns; undefined where it has touched none. */
async function send(
  client: ClientBase,
  sql: string,
  values: readonly unknown[],
  names: readonly string[],
): Promise<ReferenceRow | undefined> {
  const { rows } = await client.query<{ texts: (string | null)[] }>(sql, [...values])
  const [row] = rows
  return row && Object.fromEntries(names.map((name, i) => [name, row.texts[i] ?? null]))
}

/** On the author's path: every name that is not the table's own is qualified. */
function columnTexts(names: readonly string[]): string {
  const texts = names.map((name) => {
    const value = `t.${quoteName(name)}`
    return `case when pg_catalog.num_nulls(${value}) operator(pg_catalog.=) 0 then pg_catalog.format('%s', ${value}) end`
  })
  return `array[${texts.join(', ')}]::pg_catalog.text[] as texts`
}

function hasKeyText(key: Comparison['key'], before: number): string {
  return key
    .map(({ name, operator, operand }, i) => {
      const cast = operand === null ? '' : `::${operand}`
      return `(t.${quoteName(name)})${cast} ${operator} ($${before + i + 1})${cast}`
    })
    .join(' and ')
}

function listed(names: readonly string[]): string {
  return names.map((name) => quoteName(name)).join(', ')
}
