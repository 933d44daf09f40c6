import { escapeLiteral, type ClientBase } from 'pg'
import { failure } from '../errors/index.ts'
import type { Backfill } from '../migration.ts'
import { askAsAuthor } from '../session/author.ts'
import { BATCH, writeSets } from '../sql/backfill.ts'
import { quoteName } from '../sql/quote-name.ts'

/** A key that a walk stands at, each column as text. */
export type Key = readonly string[]

/** Rows whose key is above `low` and at most `high`; without `low`: from the first. */
export interface Range {
  readonly low: Key | null
  readonly high: Key
}

interface KeyColumn {
  readonly name: string
  /** As SQL. */
  readonly type: string
}

/** Those by which the index of the key compares, as SQL with their schema: what a name finds is up to the search path. */
type Operators = readonly [less: string, atMost: string, same: string, greater: string]

/** Of the rows that are free: no table that an expression of the author's reads has such a name. */
const FREE = quoteName('free rows of the batch')

/** Of the ranges that are found at a time. */
const AHEAD = quoteName('next ranges of the walk')

/** How many ranges are found at a time. */
const RANGES_AHEAD = 4

interface Walked {
  readonly columns: readonly KeyColumn[]
  readonly operators: Operators
  readonly relation: string
  readonly estimate: number
}

/** How a backfill goes through its table: the texts of its statements, which run on the author's side. */
export class Walk {
  readonly #backfill: Backfill
  readonly #key: readonly KeyColumn[]
  readonly #operators: Operators
  /** The oid of the table. */
  readonly relation: string
  /** Rows of the table, as its statistics say. */
  readonly estimate: number

  constructor(backfill: Backfill, { columns, operators, relation, estimate }: Walked) {
    this.#backfill = backfill
    this.#key = columns
    this.#operators = operators
    this.relation = relation
    this.estimate = estimate
  }

  get #table(): string {
    const { table, schema } = this.#backfill
    return quoteName(table, schema)
  }

  /** The last key of the table; no row without rows. */
  findEnd(): string {
    const [, , , greater] = this.#operators
    return `select ${this.#keyTexts} as key from ${this.#table} order by ${this.#order(greater)} limit 1`
  }

  /**
   * A row for each of the next ranges, with its highest key and how many rows it has; none at the end. From one key it goes
   * to the next by an offset: to number the rows in between takes three times as long.
   */
  findNext(low: Key | null, end: Key, size: number): string {
    const [less, , , greater] = this.#operators
    const names = this.#key.map(({ name }) => quoteName(name)).join(', ')
    const keys = this.#key.map((_, i) => `backfill_key_${i + 1}`).join(', ')
    const whole = `from ${this.#table} where ${this.#isWithin({ low, high: end })}`
    const beyond = `from ${this.#table} where (${this.#keyNames}) ${greater} (${keys}) and ${this.#isWithin({ low: null, high: end })}`
    const last = `order by ${this.#order(less)} offset ${size - 1} limit 1`
    const found = `(select pg_catalog.count(*)::int from ${AHEAD})`
    return `with recursive ${AHEAD} (place, ${keys}) as (
        select 1, next.* from (select ${names} ${whole} ${last}) as next
        union all
        select place operator(pg_catalog.+) 1, next.* from ${AHEAD}, lateral (select ${names} ${beyond} ${last}) as next
         where place operator(pg_catalog.<) ${RANGES_AHEAD}
      ), next as (
        select place, array[${this.#key.map((_, i) => asText(`backfill_key_${i + 1}`)).join(', ')}] as key, ${size} as rows from ${AHEAD}
        union all
        select ${RANGES_AHEAD}, array[${end.map((one) => escapeLiteral(one)).join(', ')}]::pg_catalog.text[], rows
          from (select pg_catalog.count(*)::int operator(pg_catalog.-) (${found} operator(pg_catalog.*) ${size}) as rows ${whole}) as rest
         where ${found} operator(pg_catalog.<) ${RANGES_AHEAD} and rows operator(pg_catalog.>) 0
      )
      select key, rows from next order by place`
  }

  /** All rows of a range at once. It waits for a lock of others, and so may be refused. */
  writeBatch(range: Range): string {
    const { set, remains } = this.#backfill
    if (!set) return this.writeFreeRows(range)
    return counting(
      `update ${this.#table} set ${writeSets(set)} where ${this.#isWithin(range)} and (${remains}) returning (${remains}) as remains`,
    )
  }

  /** The rows of a range that nobody else has locked. A key is that of one table alone: its children may have it too. */
  writeFreeRows(range: Range): string {
    const { set, statement = '', remains } = this.#backfill
    const where = `where ${this.#isWithin(range)} and (${remains})`
    const free = (name: string, columns: string) =>
      `${name} as materialized (select ${columns} from ${this.#table} ${where} for no key update skip locked)`
    if (!set) return `with ${free(BATCH, '*')} ${statement}`
    const [, , same] = this.#operators
    const pairs = [...this.#key.map(({ name }) => quoteName(name)), 'tableoid'].map(
      (column, i) => ({
        column,
        alias: `backfill_key_${i + 1}`,
      }),
    )
    const isSame = pairs.map(({ column, alias }, i) => {
      const equals = i < this.#key.length ? same : 'operator(pg_catalog.=)'
      return `${quoteName(this.#backfill.table)}.${column} ${equals} ${alias}`
    })
    const columns = pairs.map(({ column, alias }) => `${column} as ${alias}`)
    return counting(
      `update ${this.#table} set ${writeSets(set)} from ${FREE} ${where} and ${isSame.join(' and ')} returning (${remains}) as remains`,
      `${free(FREE, columns.join(', '))}, `,
    )
  }

  /** Whether rows remain: of a range, or of the whole table. */
  hasRemaining(range?: Range): string {
    const within = range ? `${this.#isWithin(range)} and ` : ''
    return `select exists (select from ${this.#table} where ${within}(${this.#backfill.remains})) as remains`
  }

  /** Whether a row remains that nobody else has locked. */
  hasFree(range: Range): string {
    return `select exists (select from (select from ${this.#table} where ${this.#isWithin(range)} and (${this.#backfill.remains})
      limit 1 for no key update skip locked) as free) as remains`
  }

  get #keyTexts(): string {
    return `array[${this.#key.map(({ name }) => asText(quoteName(name))).join(', ')}]`
  }

  get #keyNames(): string {
    const table = quoteName(this.#backfill.table)
    return this.#key.map(({ name }) => `${table}.${quoteName(name)}`).join(', ')
  }

  #order(operator: string): string {
    return this.#key.map(({ name }) => `${quoteName(name)} using ${operator}`).join(', ')
  }

  #isWithin({ low, high }: Range): string {
    const [, atMost, , greater] = this.#operators
    const parts = [...(low ? [this.#compare(greater, low)] : []), this.#compare(atMost, high)]
    return parts.join(' and ')
  }

  #compare(operator: string, key: Key): string {
    const values = this.#key.map(({ type }, i) => `${escapeLiteral(key[i] ?? '')}::${type}`)
    return `(${this.#keyNames}) ${operator} (${values.join(', ')})`
  }
}

/** Of a value of a key. */
const asText = (value: string) => `pg_catalog.to_json(${value}) operator(pg_catalog.#>>) '{}'`

const counting = (update: string, before = '') =>
  `with ${before}changed as (${update})
   select pg_catalog.count(*)::int as rows, (pg_catalog.count(*) filter (where remains))::int as remaining from changed`

/**
 * Finds the key by which to walk: that of a valid unique index over columns that are never null, in its order; the primary
 * key where none is named. Throws BACKFILL_KEY, and ROWS_HIDDEN: it is to change each row.
 */
export async function planWalk(
  client: ClientBase,
  migration: string,
  backfill: Backfill,
): Promise<Walk> {
  const { table, schema, key = [] } = backfill
  const name = quoteName(table, schema)
  const [found] = await askAsAuthor<{ relation: string; hidesRows: boolean }>(
    client,
    `select relation::pg_catalog.text as relation, pg_catalog.row_security_active(relation) as "hidesRows"
       from (select pg_catalog.to_regclass(${escapeLiteral(name)})::pg_catalog.oid as relation) as found`,
  )
  const { relation = null, hidesRows = false } = found ?? {}
  if (hidesRows) throw failure('ROWS_HIDDEN', { reason: `policies of ${name} apply to it.` })
  const { rows } = await client.query<Omit<Walked, 'relation'>>(FIND_KEY, [relation, key])
  const [walked] = rows
  if (!relation || !walked) throw failure('BACKFILL_KEY', { name: migration, table: name, key })
  return new Walk(backfill, { ...walked, relation })
}

/**
 * $1 is the table, $2 the columns of the key: none for the primary key. A row comparison has one operator. An array, a
 * composite value and what has a cast to JSON have a text of their own, which is not that of their JSON.
 */
const FIND_KEY = `
with own as (
  select i.indexrelid, i.indisprimary, a.attname::text as name, a.attnotnull and t.typcategory not in ('A', 'C')
           and not exists (select from pg_cast where castsource in (t.oid, t.typbasetype) and casttarget = 'json'::regtype) as "isUsable",
         json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) as "column", k.place, i.indnkeyatts,
         (select json_agg(format('operator(%I.%s)', n.nspname, p.oprname) order by o.amopstrategy)::text
            from pg_opclass c
            join pg_amop o on o.amopfamily = c.opcfamily and o.amoplefttype = c.opcintype and o.amoprighttype = c.opcintype
            join pg_operator p on p.oid = o.amopopr
            join pg_namespace n on n.oid = p.oprnamespace
           where c.oid = i.indclass[k.place::int - 1] and o.amopstrategy in (1, 2, 3, 5)
             and c.opcmethod = (select oid from pg_am where amname = 'btree')) as operators
    from pg_index i
   cross join unnest(i.indkey::int2[]) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0
    join pg_type t on t.oid = a.atttypid
   where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and k.place <= i.indnkeyatts
), keys as (
  select indisprimary, json_agg("column" order by place) as columns, min(operators)::json as operators,
         array_agg(name order by name) as names
    from own
   group by indexrelid, indisprimary, indnkeyatts
  having bool_and("isUsable" and operators is not null) and count(*) = indnkeyatts and count(distinct operators) = 1
)
select columns, operators,
       (select coalesce(sum(greatest(reltuples, 0)), 0)::float8 from pg_class
         where oid = $1::oid or oid in (select relid from pg_partition_tree($1::oid::regclass) where isleaf)) as estimate
  from keys
 where case when cardinality($2::text[]) = 0 then indisprimary
            else names = (select array_agg(column_name order by column_name) from unnest($2::text[]) as column_name) end
 order by indisprimary desc limit 1`
