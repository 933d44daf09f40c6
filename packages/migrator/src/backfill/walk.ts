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

/** How many ranges are found at a time. */
const RANGES_AHEAD = 4

interface Walked {
  readonly columns: readonly KeyColumn[]
  readonly relation: string
  readonly estimate: number
}

/** How a backfill goes through its table: the texts of its statements, which run on the author's side. */
export class Walk {
  readonly #backfill: Backfill
  readonly #key: readonly KeyColumn[]
  /** The oid of the table. */
  readonly relation: string
  /** Rows of the table, as its statistics say. */
  readonly estimate: number

  constructor(backfill: Backfill, { columns, relation, estimate }: Walked) {
    this.#backfill = backfill
    this.#key = columns
    this.relation = relation
    this.estimate = estimate
  }

  get #table(): string {
    const { table, schema } = this.#backfill
    return quoteName(table, schema)
  }

  /** A row for each of the next ranges, with its highest key and how many rows it has; none at the end. */
  findNext(low: Key | null, size: number): string {
    const names = this.#key.map(({ name }) => quoteName(name)).join(', ')
    const texts = this.#key.map(
      ({ name }) => `pg_catalog.to_json(${quoteName(name)}) operator(pg_catalog.#>>) '{}'`,
    )
    const from = `from ${this.#table}${low ? ` where ${this.#compare('>', low)}` : ''}`
    return `select array[${texts.join(', ')}] as key, ((place - 1) % ${size} + 1)::int as rows
      from (select *, pg_catalog.row_number() over (order by ${names}) as place, pg_catalog.count(*) over () as total
              from (select ${names} ${from} order by ${names} limit ${RANGES_AHEAD * size}) as ahead) as ahead
     where place % ${size} = 0 or place = total order by place`
  }

  /** All rows of a range at once. It waits for a lock of others, and so may be refused. */
  writeBatch(range: Range): string {
    const { set, remains } = this.#backfill
    if (!set) return this.writeFreeRows(range)
    return counting(
      `update ${this.#table} set ${writeSets(set)} where ${this.#isWithin(range)} and (${remains}) returning (${remains}) as remains`,
    )
  }

  /** The rows of a range that nobody else has locked. */
  writeFreeRows(range: Range): string {
    const { set, statement = '', remains, table } = this.#backfill
    const free = (columns: string) =>
      `${BATCH} as materialized (select ${columns} from ${this.#table} where ${this.#isWithin(range)} and (${remains}) for no key update skip locked)`
    if (!set) return `with ${free('*')} ${statement}`
    const columns = this.#key.map(({ name }, i) => `${quoteName(name)} as ${alias(i)}`)
    const isSame = this.#key.map(
      ({ name }, i) => `${quoteName(table)}.${quoteName(name)} = ${BATCH}.${alias(i)}`,
    )
    return counting(
      `update ${this.#table} set ${writeSets(set)} from ${BATCH} where ${isSame.join(' and ')} returning (${remains}) as remains`,
      `${free(columns.join(', '))}, `,
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

  #isWithin({ low, high }: Range): string {
    const parts = [...(low ? [this.#compare('>', low)] : []), this.#compare('<=', high)]
    return parts.join(' and ')
  }

  #compare(operator: '>' | '<=', key: Key): string {
    const names = this.#key.map(
      ({ name }) => `${quoteName(this.#backfill.table)}.${quoteName(name)}`,
    )
    const values = this.#key.map(({ type }, i) => `${escapeLiteral(key[i] ?? '')}::${type}`)
    return `(${names.join(', ')}) ${operator} (${values.join(', ')})`
  }
}

const alias = (place: number) => `backfill_key_${place + 1}`

const counting = (update: string, before = '') =>
  `with ${before}changed as (${update})
   select pg_catalog.count(*)::int as rows, (pg_catalog.count(*) filter (where remains))::int as remaining from changed`

/**
 * Finds the key by which to walk: that of a valid unique index over columns that are never null, in its order; the primary
 * key where none is named. Throws BACKFILL_KEY.
 */
export async function planWalk(
  client: ClientBase,
  migration: string,
  backfill: Backfill,
): Promise<Walk> {
  const { table, schema, key = [] } = backfill
  const name = quoteName(table, schema)
  const [found] = await askAsAuthor<{ relation: string }>(
    client,
    `select ${escapeLiteral(name)}::pg_catalog.regclass::pg_catalog.oid::pg_catalog.text as relation`,
  )
  const relation = found?.relation ?? ''
  const { rows } = await client.query<Pick<Walked, 'estimate'> & Partial<Walked>>(FIND_KEY, [
    relation,
    key,
  ])
  const { columns, estimate = 0 } = rows[0] ?? {}
  if (!columns) throw failure('BACKFILL_KEY', { name: migration, table: name, key })
  return new Walk(backfill, { columns, relation, estimate })
}

/** $1 is the table, $2 the columns of the key: none for the primary key. */
const FIND_KEY = `
select (select columns from (
          select i.indisprimary,
                 json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by k.place) as columns,
                 array_agg(a.attname::text order by a.attname) as names, bool_and(a.attnotnull) as "isSet", count(a.attnum) = i.indnkeyatts as "isPlain"
            from pg_index i
           cross join unnest(i.indkey::int2[]) with ordinality as k (number, place)
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0
           where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and k.place <= i.indnkeyatts
           group by i.indexrelid, i.indisprimary, i.indnkeyatts) as one
         where "isSet" and "isPlain" and case when cardinality($2::text[]) = 0 then indisprimary
                                             else names = (select array_agg(column_name order by column_name) from unnest($2::text[]) as column_name) end
         order by indisprimary desc limit 1) as columns,
       (select coalesce(sum(greatest(reltuples, 0)), 0)::float8 from pg_class
         where oid = $1::oid or oid in (select relid from pg_partition_tree($1::oid::regclass) where isleaf)) as estimate`
