import type { ClientBase } from 'pg'
import { failure, type MigratorError } from '../errors/index.ts'
import { authorsSchemas } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'

export interface TargetColumn {
  readonly name: string
  readonly attnum: number
  /** Without and with its modifier (`numeric`, `numeric(10,2)`), as SQL on the migrator's own path. */
  readonly type: string
  readonly exact: string
  /** As SQL; null where the type has none. */
  readonly collation: string | null
  readonly isGenerated: boolean
  readonly isAlwaysIdentity: boolean
  /** SQL of a default that is the same whenever it is evaluated, and calls nobody's function. */
  readonly steadyDefault: string | null
  /** PostgreSQL can compare its values. */
  readonly isComparable: boolean
}

/** How a unique index compares one of its columns. `operand`: what both sides are cast to, qualified; null: they stay. */
export interface KeyPart {
  readonly name: string
  readonly operator: string
  readonly operand: string | null
}

/** The table that rows are shipped for, as the catalog has it. */
export interface Target {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** As SQL. */
  readonly sql: string
  /** For people. */
  readonly label: string
  readonly columns: readonly TargetColumn[]
  /** Of each unique index that holds at any moment and for all rows. */
  readonly uniques: readonly (readonly KeyPart[])[]
}

/** A default whose tree names a function that is not PostgreSQL's own and immutable is not evaluated. */
const STEADY = `adbin::text !~ 'SQLVALUEFUNCTION|NEXTVALUEEXPR|SUBLINK|COERCEVIAIO'
        and not exists (select from regexp_matches(adbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') as called
                          join pg_proc on pg_proc.oid = called[1]::oid
                         where provolatile <> 'i' or pronamespace <> 'pg_catalog'::regnamespace)`

const COLUMNS = `select json_agg(json_build_object(
          'name', attname, 'attnum', attnum, 'type', format_type(atttypid, -1), 'exact', format_type(atttypid, atttypmod),
          'collation', (select format('%I.%I', n.nspname, collname) from pg_collation k join pg_namespace n on n.oid = collnamespace
                         where k.oid = attcollation),
          'isGenerated', attgenerated <> '', 'isAlwaysIdentity', attidentity = 'a',
          'steadyDefault', (select pg_get_expr(adbin, adrelid) from pg_attrdef
                             where (adrelid, adnum) = (attrelid, attnum) and attgenerated = '' and ${STEADY})) order by attnum)
     from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped`

const UNIQUES = `select json_agg(parts) from (
       select json_agg(json_build_object('name', attname, 'operator', format('operator(%I.%s)', n.nspname, oprname),
                                         'operand', case when t.typtype <> 'p' then format('%I.%I', tn.nspname, t.typname) end)) as parts
         from pg_index i cross join unnest(i.indkey::int2[], i.indclass::oid[]) with ordinality as part(attnum, opclass, place)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = part.attnum
         join pg_opclass k on k.oid = part.opclass
         join pg_amop on amopfamily = opcfamily and amoplefttype = opcintype and amoprighttype = opcintype and amopstrategy = 3
         join pg_operator o on o.oid = amopopr join pg_namespace n on n.oid = oprnamespace
         join pg_type t on t.oid = opcintype join pg_namespace tn on tn.oid = typnamespace
        where indrelid = c.oid and indisunique and indisvalid and indimmediate and indpred is null and indexprs is null
          and place <= indnkeyatts
        group by indexrelid) as found`

type Found = Omit<Target, 'sql' | 'label' | 'columns' | 'uniques'> & {
  readonly kind: string
  readonly columns: readonly Omit<TargetColumn, 'isComparable'>[] | null
  readonly uniques: Target['uniques'] | null
}

/** By its OID, or by its name, which the author's path completes. On the migrator's side. Undefined where there is none. */
export async function findTarget(
  client: ClientBase,
  place: { readonly oid: string } | { readonly schema?: string; readonly table: string },
): Promise<Target | undefined> {
  const isOid = 'oid' in place
  const schemas = isOid ? [] : place.schema === undefined ? authorsSchemas(client) : [place.schema]
  const { rows } = await client.query<Found>(
    `select c.oid::text, n.nspname as schema, c.relname as name, c.relkind as kind, (${COLUMNS}) as columns, (${UNIQUES}) as uniques
       from pg_class c join pg_namespace n on n.oid = relnamespace
      where ${isOid ? 'c.oid = $1::oid' : 'c.relname = $1 and n.nspname = any ($2::text[])'}
      order by ${isOid ? '1' : 'array_position($2::text[], n.nspname::text)'} limit 1`,
    isOid ? [place.oid] : [place.table, schemas],
  )
  const [found] = rows
  if (!found || !['r', 'p'].includes(found.kind)) return undefined
  const { kind: _, ...rest } = found
  const sql = quoteName(found.name, found.schema)
  const label = found.schema === 'public' ? found.name : `${found.schema}.${found.name}`
  const columns = await withComparability(client, sql, found.columns ?? [])
  return { ...rest, sql, label, columns, uniques: found.uniques ?? [] }
}

/**
 * PostgreSQL itself says whether it has an equality for a column: `record_eq` looks for the default one of the type, whatever
 * operators there are besides, and finds it before it sees a value.
 */
async function withComparability(
  client: ClientBase,
  table: string,
  columns: readonly Omit<TargetColumn, 'isComparable'>[],
): Promise<TargetColumn[]> {
  const isComparable = (names: readonly string[]) => {
    const tries = names.map((name) => `record_eq(row(t.${name}), row(t.${name}))`)
    return passes(
      client,
      `select ${tries.join(', ')} from (select) one left join ${table} t on false`,
    )
  }
  const names = columns.map(({ name }) => quoteName(name))
  if (columns.length === 0 || (await isComparable(names)))
    return columns.map((column) => ({ ...column, isComparable: true }))
  const judged: TargetColumn[] = []
  for (const column of columns) {
    judged.push({ ...column, isComparable: await isComparable([quoteName(column.name)]) })
  }
  return judged
}

/** Whether PostgreSQL can run a statement that only looks. The transaction goes on either way. */
export async function passes(
  client: ClientBase,
  sql: string,
  values: readonly unknown[] = [],
): Promise<boolean> {
  await client.query('savepoint reference_look')
  const isOk = await client.query(sql, [...values]).then(
    () => true,
    (error: unknown) => {
      if (isAboutTypes(error)) return false
      throw error
    },
  )
  if (!isOk) await client.query('rollback to savepoint reference_look')
  await client.query('release savepoint reference_look')
  return isOk
}

/** A function that is not there, and values that are none of a type. */
function isAboutTypes(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && (code === '42883' || /^2[23]/.test(code))
}

/** The parts of the unique index on just these columns. */
export function keyParts(target: Target, key: readonly string[]): readonly KeyPart[] | undefined {
  const isKey = (parts: readonly KeyPart[]) =>
    parts.length === key.length && parts.every(({ name }) => key.includes(name))
  return target.uniques.find(isKey)
}

export function invalid(table: string, reason: string): MigratorError {
  return failure('REFERENCE_DATA_INVALID', { table, reason })
}
