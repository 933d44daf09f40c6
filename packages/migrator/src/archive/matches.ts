import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import { sqlState } from '../session/connect.ts'
import { trySavepoint } from '../session/savepoints.ts'
import type { Source } from './holders.ts'

/** SQL by sources: true for a row `a` that has the value, $1. Without an entry for a source that lacks the column. */
export type Matches = ReadonlyMap<Source, string>

interface Asked {
  readonly table: string
  readonly column: string
  readonly value: string
}

/**
 * A value is compared as the types that its column has or had compare: numbers by what they are, whatever their text. Of
 * a copy nothing says which type its texts are of: a type that does not read all of them is not theirs.
 * Throws PURGE_VALUE_INVALID where no such type reads the value.
 */
export async function readMatches(
  client: pg.ClientBase,
  sources: readonly Source[],
  { table, column, value }: Asked,
): Promise<Matches> {
  const types = await readTypes(client, sources, column)
  const equals: Equals[] = []
  const reasons: string[] = []
  for (const type of types) {
    const tried = await trySavepoint(
      client,
      () => client.query(`select ${type.isEqual('$1::text')}`, [value]),
      isRefusal,
    )
    if ('value' in tried) equals.push(type.isEqual)
    else if (isOfValue(tried.refusal)) reasons.push(messageFrom(tried.refusal))
    // It has no equality: its text is compared, as that of an unknown type.
    else equals.push(() => 'false')
  }
  if (equals.length === 0 && reasons[0] !== undefined)
    throw failure('PURGE_VALUE_INVALID', {
      rows: `${table}.${column}=${value}`,
      reason: reasons[0],
    })
  const matches = new Map<Source, string>()
  for (const source of sources) {
    const texts = source.columns.get(column)
    if (!texts) continue
    const conditions = texts.map((text) => `${text} = $1`)
    for (const isEqual of equals) {
      const condition = texts.map((text) => isEqual(text)).join(' or ')
      const look = `select count(*) from ${source.from} a where ${condition}`
      const tried = await trySavepoint(client, () => client.query(look, [value]), isRefusal)
      if ('value' in tried) conditions.push(condition)
    }
    matches.set(source, `(${conditions.join(' or ')})`)
  }
  return matches
}

/** SQL: true where a text is of the value $1. */
type Equals = (text: string) => string

interface Type {
  readonly isEqual: Equals
}

/** These cut what is longer. */
const CUTTING = ['"char"', 'name']

/** The types of a column, with the equality of each: that of an extension's type is not on the migrator's search path. */
async function readTypes(
  client: pg.ClientBase,
  sources: readonly Source[],
  column: string,
): Promise<Type[]> {
  const named = new Set(sources.flatMap(({ types }) => types.get(column) ?? []))
  const { rows } = await client.query<{ type: string; schema: string }>(
    `select distinct format_type(t.oid, null) as type, quote_ident(coalesce((
              select n.nspname from pg_opclass c join pg_amop o on o.amopfamily = c.opcfamily
                 and o.amoplefttype = c.opcintype and o.amoprighttype = c.opcintype
                join pg_am m on m.oid = c.opcmethod and (m.amname, o.amopstrategy) in (('btree', 3), ('hash', 1))
                join pg_operator p on p.oid = o.amopopr join pg_namespace n on n.oid = p.oprnamespace
               where c.opcdefault and p.oprname = '=' and c.opcintype in (t.oid, nullif(t.typbasetype, 0)) limit 1), 'pg_catalog')) as schema
       from unnest($1::text[]) as name join pg_type t on t.oid = to_regtype(name)
      where name <> all ($2) order by 1`,
    [[...named], CUTTING],
  )
  const collations = await readCollations(client, sources, column)
  return rows.flatMap(({ type, schema }) => {
    const equals = (collate: string) => (text: string) =>
      `(${text})::${type} ${collate} operator(${schema}.=) $1::text::${type} ${collate}`
    return ['', ...collations].map((collate) => ({ isEqual: equals(collate) }))
  })
}

/** COLLATE clauses of the column's collations that take different texts for equal, and are still there. */
async function readCollations(
  client: pg.ClientBase,
  sources: readonly Source[],
  column: string,
): Promise<string[]> {
  const named = new Set(sources.flatMap(({ collations }) => collations.get(column) ?? []))
  const { rows } = await client.query<{ collate: string }>(
    `select 'collate ' || name as collate from unnest($1::text[]) as name where to_regcollation(name) is not null`,
    [[...named]],
  )
  return rows.map(({ collate }) => collate)
}

const isRefusal = (error: unknown) => /^(2[0-9]|42|0A|54)/.test(sqlState(error) ?? '')

/** A text that the type does not read, or a domain does not allow. */
const isOfValue = (error: unknown) => /^2[0-9]/.test(sqlState(error) ?? '')
