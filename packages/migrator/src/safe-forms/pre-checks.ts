import type { Check } from '../migration.ts'

/** What a unique index is of. */
export interface Unique {
  readonly table: string
  readonly name: string
  /** Columns, quoted, or expressions. */
  readonly keys: readonly string[]
  /** Of each key, what is true where it is set; absent: that it is not NULL. */
  readonly set?: readonly string[]
  readonly where?: string | undefined
  readonly areNullsEqual: boolean
}

/** A unique index over duplicates fails at its end, and leaves an invalid one. */
export function noDuplicates({ table, name, keys, where, areNullsEqual, ...rest }: Unique): Check {
  const isSet = rest.set ?? keys.map((key) => `${key} is not null`)
  const set = areNullsEqual ? [] : isSet
  const rows = [...(where === undefined ? [] : [`(${where})`]), ...set]
  const only = rows.length > 0 ? ` where ${rows.join(' and ')}` : ''
  return {
    query: `select count(*) as duplicates from (select from ${table}${only} group by ${keys.join(', ')} having count(*) > 1) d`,
    says: plain(
      `${name} requires each ${keys.join(', ')} of ${table} once, and some are there more than once. Make them different, then run this again.`,
    ),
  }
}

interface Sized {
  readonly table: string
  readonly name: string
  readonly columns: readonly string[]
  readonly where?: string | undefined
}

/** A value that is compressed in its table is as large in an index. */
export function noOversize({ table, name, columns, where }: Sized, largest: number): Check {
  const sizes = columns.map((column) => `coalesce(pg_column_size(${column}), 0)`)
  const only = where === undefined ? '' : `(${where}) and `
  return {
    query: `select count(*) as oversize from ${table} where ${only}${sizes.join(' + ')} > ${largest}`,
    says: plain(
      `${name} has room for ${largest} bytes of a row, and ${columns.join(', ')} of some rows of ${table} take more. Shorten those, or index an expression such as a hash; then run this again.`,
    ),
  }
}

/** `isNull` is true of a row in which it has no value. */
export function noNulls(table: string, column: string, isNull: string): Check {
  return {
    query: `select count(*) as nulls from ${table} where ${isNull}`,
    says: plain(
      `${column} of ${table} will require a value, and some rows have none. Give them one, then run this again.`,
    ),
  }
}

interface Condition {
  readonly table: string
  readonly name: string
  readonly condition: string
}

/** A row for which a condition is NULL passes a CHECK. */
export function noViolation({ table, name, condition }: Condition): Check {
  return {
    query: `select count(*) as rows from ${table} where not (${condition})`,
    says: plain(`${name} forbids some rows of ${table}. Change them, then run this again.`),
  }
}

interface ForeignKey {
  readonly table: string
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
  /** MATCH FULL. */
  readonly isFull: boolean
}

/** Where one of several columns is NULL, MATCH SIMPLE asks for no row, and MATCH FULL for the others to be NULL. */
export function noOrphans({ table, name, columns, target, isFull, ...key }: ForeignKey): Check {
  const set = columns.map((column) => `t.${column} is not null`)
  const same = columns.map((column, i) => `r.${key.targetColumns[i] ?? ''} = t.${column}`)
  return {
    query: `select count(*) as orphans from ${table} t where ${isFull ? `(${set.join(' or ')})` : set.join(' and ')} and not exists (select from ${target} r where ${same.join(' and ')})`,
    says: plain(
      `${name} requires a row of ${target} for each ${columns.join(', ')} of ${table}, and some have none. Add or clear those, then run this again.`,
    ),
  }
}

interface Computed {
  readonly table: string
  /** Expressions of its columns. */
  readonly values: readonly string[]
  /** What needs them, as a person says it. */
  readonly about: string
  readonly where?: string | undefined
}

/** PostgreSQL computes each value, and stops this query where it would stop the statement. */
export function allComputed({ table, values, about, where }: Computed): Check {
  const counts = values.map((value) => `count(${value})`).join(' + ')
  return {
    query: `select 0 * (${counts}) as refused from ${table}${where === undefined ? '' : ` where (${where})`}`,
    says: plain(
      `${about} of ${table} is computed from every row, and PostgreSQL refuses what some have. Change those, then run this again.`,
    ),
  }
}

interface Cast {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly condition: string
}

/** What is cut or rounded is gone; what PostgreSQL refuses fails after the rewrite of all rows before it. */
export function allFit({ table, column, type, condition }: Cast): Check {
  return {
    query: `select count(*) as changed from ${table} where ${condition}`,
    says: plain(
      `${column} of ${table} becomes ${type}, and some values would be cut, rounded or refused. Change them first; or delete this check, where they may be cut or rounded. Then run this again.`,
    ),
  }
}

/** PostgreSQL refuses a value that is no label of an enum, after it has written the rows before it. */
export function allLabelled({
  table,
  column,
  type,
  condition,
  labels,
}: Cast & { readonly labels: string }): Check {
  return {
    query: `select count(*) as others from ${table} where ${condition}`,
    says: plain(
      `${column} of ${table} will have one of the labels of ${type}: ${labels}. Some rows have another one. Change them, then run this again.`,
    ),
  }
}

export function noRows(table: string, column: string): Check {
  return {
    query: `select count(*) as rows from (select from ${table} limit 1) one`,
    says: plain(
      `${column} of ${table} requires a value, and the rows that are there have none. Give the column a default, or add it as nullable, fill it, and require it in a later migration.`,
    ),
  }
}

/** Names as a person says them. */
export function plain(text: string): string {
  return text.replaceAll('"', '').replaceAll(/\bof only /g, 'of ')
}
