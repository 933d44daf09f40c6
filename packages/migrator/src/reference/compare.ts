import type { ClientBase } from 'pg'
import type { ReferenceRow, ReferenceTable } from '../project/reference-table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { BaseRow } from './base.ts'
import type { ComparedCell, ComparedRow } from './decide.ts'
import type { KeyPart, Target, TargetColumn } from './target.ts'

/** What is compared: the rows of one table, shipped now and shipped last time. */
export interface Comparison {
  readonly target: Target
  readonly key: readonly KeyPart[]
  /** Those that are shipped now, or were. */
  readonly columns: readonly TargetColumn[]
  readonly ours: ReferenceTable
  readonly base: readonly BaseRow[]
}

export interface FoundRow extends ComparedRow {
  /** Its places among the rows that are shipped now, and last time. */
  readonly ours: number | undefined
  readonly base: number | undefined
  /** Another row before it is shipped under the same key. */
  readonly isDuplicate: boolean
}

/**
 * Locks the rows that are there, and compares them. What the rows' users insert beside them meanwhile is not blocked, nor
 * what refers to them. On the migrator's side: names mean what the catalog says, and values are read as they were written.
 */
export async function compareRows(
  client: ClientBase,
  comparison: Comparison,
): Promise<readonly FoundRow[]> {
  const { ours, base, columns, target } = comparison
  const values = [ours.rows, base, ours.earlier].map((rows) => JSON.stringify(rows))
  const there = `${target.sql} t`
  await client.query(
    `${paired(comparison)}
     select from ${there} where exists (select from pair where ${isThere(comparison)}) for no key update of t`,
    values,
  )
  const { rows } = await client.query<Row>(
    `${paired(comparison)},
     early as (${earlier(comparison)}),
     doubled as (
       select o.n as o from ours o join ours other on other.n < o.n and ${sameKey(comparison, 'other.row', 'o.row')})
     select pair.o::integer as ours, pair.b::integer as base, t.tableoid is not null as "isThere",
            coalesce(pair.o in (select o from early), false) as "isEarlier",
            coalesce(pair.o in (select o from doubled), false) as "isDuplicate",
            array[${columns.map(cellOf).join(', ')}]::text[] as cells
       from pair left join ${there} on ${isThere(comparison)}
      order by pair.o nulls last, pair.b`,
    values,
  )
  return rows.map((row) => toFound(row, columns))
}

interface Row {
  readonly ours: number | null
  readonly base: number | null
  readonly isThere: boolean
  readonly isEarlier: boolean
  readonly isDuplicate: boolean
  /** Three letters a column: whether theirs is ours, theirs is base, ours is base. */
  readonly cells: readonly (string | null)[]
}

function toFound({ ours, base, cells, ...row }: Row, columns: readonly TargetColumn[]): FoundRow {
  const compared = columns.map(({ name }, i): [string, ComparedCell] => {
    const letters = cells[i] ?? ''
    const [theirsIsOurs, theirsIsBase, oursIsBase] = [0, 1, 2].map((at) => letters[at] === 't')
    return [
      name,
      {
        theirsIsOurs: theirsIsOurs === true,
        theirsIsBase: theirsIsBase === true,
        oursIsBase: oursIsBase === true,
      },
    ]
  })
  return {
    isThere: row.isThere,
    isDuplicate: row.isDuplicate,
    isEarlier: row.isEarlier,
    ours: ours === null ? undefined : ours - 1,
    base: base === null ? undefined : base - 1,
    isShipped: ours !== null,
    wasShipped: base !== null,
    cells: Object.fromEntries(compared),
  }
}

/** SQL: the rows of a parameter, a JSON array, with their places. */
function numbered(place: number): string {
  return `select n, row from jsonb_array_elements($${place}::jsonb) with ordinality as one(row, n)`
}

/** `pair`: each row that is shipped or was, with the key by which it is found. */
function paired(comparison: Comparison): string {
  return `with ours as materialized (${numbered(1)}),
     base as materialized (
       select n, row->'shipped' as shipped, (row->'shipped') || coalesce(row->'stored', '{}') as stored from (${numbered(2)}) as one),
     earlier as materialized (${numbered(3)}),
     pair as materialized (
       select o.n as o, b.n as b, o.row as ours, b.shipped, b.stored, coalesce(b.stored, o.row) as found
         from ours o left join base b on ${sameKey(comparison, 'o.row', 'b.shipped')}
       union all
       select null, b.n, null, b.shipped, b.stored, b.stored from base b
        where not exists (select from ours o where ${sameKey(comparison, 'o.row', 'b.shipped')}))`
}

/** SQL: a cell of a JSON object as a value of the column's type. */
function typed(row: string, { name, exact, collation }: TargetColumn): string {
  const value = `(${row}->>${quoteLiteral(name)})::${exact}`
  return collation === null ? `(${value})` : `((${value}) collate ${collation})`
}

function has(row: string, { name }: TargetColumn): string {
  return `${row} ? ${quoteLiteral(name)}`
}

const there = ({ name }: { readonly name: string }) => `t.${quoteName(name)}`

/** SQL: the text of a value, of whatever type, by its own output function. */
function textOf(value: string): string {
  return `(case when num_nulls(${value}) = 0 then format('%s', ${value}) end collate "C")`
}

/** SQL: PostgreSQL's own equality of the type, found without any name; NULLs are equal. */
function same({ isComparable }: TargetColumn, a: string, b: string): string {
  const [left, right] = isComparable ? [a, b] : [textOf(a), textOf(b)]
  return `record_eq(row(${left}), row(${right}))`
}

/** SQL: the three letters of a cell. A column that was not stated before was NULL, or what its default says. */
function cellOf(column: TargetColumn): string {
  const { exact, collation, steadyDefault } = column
  const theirs = there(column)
  const ours = typed('pair.ours', column)
  const suffix = collation === null ? '' : ` collate ${collation}`
  const unstated =
    steadyDefault === null
      ? `num_nulls(${theirs}) = 1`
      : same(column, theirs, `(((${steadyDefault})::${exact})${suffix})`)
  // A cell that is not there is no value of the type: by CASE, since AND goes on after a NULL.
  const isOurs = `case when ${has('pair.ours', column)} then ${same(column, theirs, ours)} end`
  const isBase = `case when ${has('pair.stored', column)} then ${same(column, theirs, typed('pair.stored', column))}
                       else ${unstated} end`
  const oursIsBase = `case when ${has('pair.ours', column)} and ${has('pair.shipped', column)}
                           then ${same(column, ours, typed('pair.shipped', column))} end`
  const letters = [isOurs, isBase, oursIsBase].map((is) => `coalesce(${is}, false)`)
  return `case when t.tableoid is not null then concat(${letters.join(', ')}) end`
}

/** SQL: the rows that equal one that was shipped before there was a record, in all that it states. */
function earlier(comparison: Comparison): string {
  const matches = comparison.columns.map((column) => {
    const cell = `e.row->${quoteLiteral(column.name)}`
    return `case when not ${has('e.row', column)} then true
                 when jsonb_typeof(${cell}) = 'object' then coalesce(md5(${textOf(there(column))}) = ${cell}->>'md5', false)
                 else ${same(column, there(column), typed('e.row', column))} end`
  })
  return `select pair.o from pair join earlier e on ${sameKey(comparison, 'e.row', 'pair.ours')}
       join ${comparison.target.sql} t on ${isThere(comparison)} where ${['true', ...matches].join(' and ')}`
}

/** SQL: both sides of a column of the key, by the operator of its unique index. */
function equal({ operator, operand }: KeyPart, a: string, b: string): string {
  const cast = operand === null ? '' : `::${operand}`
  return `(${a})${cast} ${operator} (${b})${cast}`
}

/** SQL: each column of the key is equal on both sides. */
function matchKey(
  { key, target }: Pick<Comparison, 'key' | 'target'>,
  sides: (column: TargetColumn) => [string, string],
): string {
  return key.map((part) => equal(part, ...both(target, part, sides))).join(' and ')
}

function sameKey(comparison: Comparison, a: string, b: string): string {
  return matchKey(comparison, (column) => [typed(a, column), typed(b, column)])
}

function isThere(comparison: Comparison): string {
  return matchKey(comparison, (column) => [there(column), typed('pair.found', column)])
}

function both(
  { columns }: Target,
  { name }: KeyPart,
  sides: (column: TargetColumn) => [string, string],
): [string, string] {
  const column = columns.find((one) => one.name === name)
  if (!column) throw new Error(`The table of a unique index lacks its column ${name}`)
  return sides(column)
}

/** SQL: the row `t` has this key, whose values are the parameter's, a JSON object. */
export function hasKey(
  comparison: Pick<Comparison, 'key' | 'target'>,
  alias = 't',
  parameter = '$1',
): string {
  return matchKey(comparison, (column) => [
    `${alias}.${quoteName(column.name)}`,
    typed(`${parameter}::jsonb`, column),
  ])
}

/** What was stored of the rows that were written, where it is not what was shipped. `key` is the row's as it is stored. */
export async function readStored(
  client: ClientBase,
  comparison: Comparison,
  written: readonly { readonly ours: ReferenceRow; readonly key: ReferenceRow }[],
): Promise<readonly ReferenceRow[]> {
  const [first] = written
  if (!first) return []
  const shipped = comparison.columns.filter(({ name }) => name in first.ours)
  const differs = shipped.map((one) => `not ${same(one, there(one), typed('pair.ours', one))}`)
  const { rows } = await client.query<{ differs: boolean[]; texts: (string | null)[] }>(
    `with pair as (select n, row->'ours' as ours, row->'key' as found from jsonb_array_elements($1::jsonb) with ordinality as one(row, n))
     select array[${differs.join(', ')}] as differs, array[${shipped.map((one) => textOf(there(one))).join(', ')}] as texts
       from pair left join ${comparison.target.sql} t on ${isThere(comparison)}
      order by pair.n`,
    [JSON.stringify(written)],
  )
  return rows.map((row) =>
    Object.fromEntries(
      shipped.flatMap(({ name }, i) =>
        row.differs[i] ? [[name, row.texts[i] ?? null] as const] : [],
      ),
    ),
  )
}
