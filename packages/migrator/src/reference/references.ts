import type { ClientBase } from 'pg'
import type { ReferenceRow } from '../project/reference-table.ts'
import { sqlState } from '../session/connect.ts'
import { quoteName } from '../sql/quote-name.ts'
import { hasKey, type Comparison } from './compare.ts'

/** A foreign key that leads to a table, or to one that it is a part of or that is a part of it; whatever its action is. */
interface Reference {
  /** As SQL. */
  readonly from: string
  readonly isSelf: boolean
  readonly pairs: readonly {
    readonly pk: string
    readonly fk: string
    readonly operator: string
    /** What its sides are cast to; null: they stay. */
    readonly left: string | null
    readonly right: string | null
  }[]
}

/** The period of a temporal key is left out: whatever its time, a row that refers to it counts. */
const REFERENCES = `
  with recursive below as (
    select $1::oid as oid union select inhrelid from pg_inherits join below on inhparent = below.oid
  ), above as (
    select $1::oid as oid union select inhparent from pg_inherits join above on inhrelid = above.oid
  )
  select conrelid::regclass::text as from, conrelid = $1::oid as "isSelf",
         (select json_agg(json_build_object('pk', pk.attname, 'fk', fk.attname, 'operator', format('operator(%I.%s)', n.nspname, oprname),
                    'left', case when l.typtype <> 'p' then format_type(l.oid, -1) end,
                    'right', case when r.typtype <> 'p' then format_type(r.oid, -1) end))
            from unnest(confkey, conkey, conpfeqop) with ordinality as part(pknum, fknum, op, place)
            join pg_attribute pk on pk.attrelid = confrelid and pk.attnum = pknum
            join pg_attribute fk on fk.attrelid = conrelid and fk.attnum = fknum
            join pg_operator o on o.oid = op join pg_namespace n on n.oid = oprnamespace
            join pg_type l on l.oid = oprleft join pg_type r on r.oid = oprright
           where place < cardinality(conkey) or (to_jsonb(c)->>'conperiod') is distinct from 'true') as pairs
    from pg_constraint c
   where contype = 'f' and conparentid = 0 and confrelid in (table below union table above)`

/** On the migrator's side. */
export async function readReferences(
  client: ClientBase,
  oid: string,
): Promise<readonly Reference[]> {
  return (await client.query<Reference>(REFERENCES, [oid])).rows
}

/**
 * Whether another row refers to the one with this key. The row is locked first, so that none can begin to. What the role
 * may not read may refer to it. On the migrator's side.
 */
export async function isReferenced(
  client: ClientBase,
  comparison: Comparison,
  key: ReferenceRow,
  references: readonly Reference[],
): Promise<boolean> {
  const { sql } = comparison.target
  const values = [JSON.stringify(key)]
  await client.query(`select from ${sql} t where ${hasKey(comparison)} for update`, values)
  for (const { from, isSelf, pairs } of references) {
    const matches = pairs.map(
      ({ pk, fk, operator, left, right }) =>
        `${cast(`t.${quoteName(pk)}`, left)} ${operator} ${cast(`r.${quoteName(fk)}`, right)}`,
    )
    // Its own reference to itself goes with it.
    const others = isSelf ? ` and (${hasKey(comparison, 'r')}) is not true` : ''
    const query = `select from ${sql} t where ${hasKey(comparison)}
       and exists (select from ${from} r where ${matches.join(' and ')}${others})`
    if (await mayFind(client, query, values)) return true
  }
  return false
}

async function mayFind(client: ClientBase, query: string, values: string[]): Promise<boolean> {
  await client.query('savepoint reference_read')
  try {
    const { rowCount } = await client.query(query, values)
    await client.query('release savepoint reference_read')
    return rowCount !== 0
  } catch (error) {
    if (sqlState(error) !== '42501') throw error
    await client.query('rollback to savepoint reference_read')
    return true
  }
}

function cast(value: string, type: string | null): string {
  return type === null ? value : `(${value})::${type}`
}
