/** The type of a column, with what is needed to write its values as text. */
export type ValueType = {
  /** As PostgreSQL writes it, with its size. */
  readonly sql: string
} & (
  | { readonly kind: 'base'; readonly name: string; readonly size: readonly number[] }
  | { readonly kind: 'enum'; readonly labels: readonly string[] }
  | Domain
  | { readonly kind: 'array'; readonly element: ValueType }
  | { readonly kind: 'composite'; readonly attributes: readonly ValueType[] }
  | { readonly kind: 'range' | 'multirange'; readonly subtype: ValueType }
)

export type Domain = {
  readonly kind: 'domain'
  readonly sql: string
  readonly base: ValueType
  readonly isNullable: boolean
  readonly checks: readonly string[]
}

/** A row of `pg_type`, with what belongs to it. */
export interface TypeRow {
  readonly oid: string
  readonly name: string
  readonly kind: 'b' | 'e' | 'd' | 'r' | 'm' | 'c' | 'p'
  readonly isNullable: boolean
  readonly isArray: boolean
  /** The element of an array, the base of a domain, the subtype of a range. */
  readonly inner: WrittenType | null
  readonly labels: readonly string[] | null
  readonly checks: readonly string[] | null
  readonly attributes: readonly WrittenType[] | null
}

/** A type by its oid, and with its size as PostgreSQL writes it. */
export interface WrittenType {
  readonly oid: string
  readonly sql: string
}

export const writtenType = (oid: string, modifier: string): string =>
  `json_build_object('oid', ${oid}::text, 'sql', format_type(${oid}, ${modifier}))`

/** All types of a database; the queries of this room run on `pg_catalog` alone. */
export const READ_TYPES = `
  select t.oid::text, t.typname as name, t.typtype as kind, not t.typnotnull as "isNullable",
    e.oid is not null as "isArray",
    case when e.oid is not null then ${writtenType('e.oid', 'null')}
      when t.typtype = 'd' then ${writtenType('t.typbasetype', 't.typtypmod')}
      when r.rngsubtype is not null then ${writtenType('r.rngsubtype', 'null')} end as inner,
    (select json_agg(l.enumlabel order by l.enumsortorder) from pg_enum l
      where l.enumtypid = t.oid) as labels,
    (select json_agg(pg_get_expr(k.conbin, 0) order by k.conname) from pg_constraint k
      where k.contypid = t.oid and k.contype = 'c') as checks,
    (select json_agg(${writtenType('a.atttypid', 'a.atttypmod')} order by a.attnum)
      from pg_attribute a
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes
  from pg_type t
  left join pg_type e on e.typarray = t.oid
  left join pg_range r on t.oid in (r.rngtypid, r.rngmultitypid)
  where t.typtype <> 'p'`

/** Puts a type together from the rows of `pg_type`. */
export function resolveType(rows: ReadonlyMap<string, TypeRow>, written: WrittenType): ValueType {
  const { sql } = written
  const row = rows.get(written.oid)
  if (!row) throw new Error(`The type ${sql} is not in pg_type.`)
  const inner = (type: WrittenType | null) => resolveType(rows, type ?? written)
  if (row.isArray && row.inner)
    return {
      kind: 'array',
      sql,
      // The size of an array's elements is written with the array alone.
      element: inner({ oid: row.inner.oid, sql: sql.replace(/\[\]$/, '') }),
    }
  const { kind } = row
  if (kind === 'e') return { kind: 'enum', sql, labels: row.labels ?? [] }
  if (kind === 'r') return { kind: 'range', sql, subtype: inner(row.inner) }
  if (kind === 'm') return { kind: 'multirange', sql, subtype: inner(row.inner) }
  if (kind === 'c') return { kind: 'composite', sql, attributes: (row.attributes ?? []).map(inner) }
  if (kind === 'd')
    return {
      kind: 'domain',
      sql,
      base: inner(row.inner),
      isNullable: row.isNullable,
      checks: row.checks ?? [],
    }
  const size = /\(([-\d,]+)\)/.exec(sql)?.[1]?.split(',').map(Number) ?? []
  return { kind: 'base', sql, name: row.name, size }
}

/** The type under all domains. */
export function withoutDomain(type: ValueType): Exclude<ValueType, Domain> {
  return type.kind === 'domain' ? withoutDomain(type.base) : type
}
