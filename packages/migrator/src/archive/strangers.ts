import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { PLAIN_OWNERS, TRUSTED } from '../journal/trust.ts'
import { quoteName } from '../sql/quote-name.ts'
import { INNER_TYPES } from './inner-types.ts'
import { countRows, isEmpty, type StoredTable } from './tables.ts'
import { askAgain } from '../session/prepared.ts'

/*
 * A table runs its owner's code as whoever uses it: checks, defaults, generated columns and domains when it is written,
 * index expressions even when a SELECT of it is planned. So the archive neither reads nor writes a table of a role
 * that is not trusted, and casts nothing to a type of such a role.
 */

type Named = Pick<StoredTable, 'oid' | 'label'>

/** Why the archive does not read a table; undefined where its owner, those of its parts and of their schemas are trusted. */
export async function whyUnread(client: pg.ClientBase, table: Named): Promise<string | undefined> {
  return findStranger(client, table, OWNERS)
}

/** Why the archive does not write a table: its owners, or the type of one of its columns. */
export async function whyUnwritten(
  client: pg.ClientBase,
  table: Named,
): Promise<string | undefined> {
  return findStranger(client, table, `${OWNERS} union all ${TYPES}`, `${PARTS}, ${MADE_OF}`)
}

/** Throws NOT_KEPT where the archive would have to read a table that it must not read. */
export async function requireReadable(client: pg.ClientBase, table: Named): Promise<void> {
  const unarchivableReason = await whyUnread(client, table)
  if (unarchivableReason === undefined) return
  throw failure('NOT_KEPT', { objects: [{ object: table.label, unarchivableReason }] })
}

/** True where a table has no rows. One that must not be read has none for certain only while its files are empty. */
export async function holdsNothing(client: pg.ClientBase, table: StoredTable): Promise<boolean> {
  if ((await whyUnread(client, table)) === undefined) return isEmpty(client, table)
  const { rows } = await client.query<{ isUnfilled: boolean }>(
    `with recursive ${PARTS} select sum(pg_relation_size(oid)) = 0 as "isUnfilled" from part`,
    [table.oid],
  )
  return rows[0]?.isUnfilled ?? true
}

/** How many rows a table has; of one that must not be read 0. */
export async function countReadable(client: pg.ClientBase, table: StoredTable): Promise<number> {
  return (await whyUnread(client, table)) === undefined ? countRows(client, table.from) : 0
}

/** A table, its partitions, and what inherits from it. */
const PARTS = `part as (
    select $1::oid as oid union select inhrelid from pg_inherits join part on inhparent = part.oid)`

/** A name means what the owner of its schema wants it to mean. */
const OWNERS = `
  select 1 as rank, 'table ' || oid::regclass as object, relowner as owner from pg_class where oid in (table part)
  union all
  select 2, 'schema ' || quote_ident(nspname), nspowner from pg_namespace
   where oid in (select relnamespace from pg_class where oid in (table part))`

/** The types of all columns, with what they are made of. An enum runs no code. */
const TYPES = `
  select 3, 'type ' || oid::regtype, typowner from pg_type where oid in (table made_of) and typtype <> 'e'`

const MADE_OF = `made_of as (
    select atttypid as oid from pg_attribute where attrelid in (table part) and attnum > 0 and not attisdropped
    union
    select inner_type.oid from made_of join pg_type t on t.oid = made_of.oid cross join lateral ${INNER_TYPES} as inner_type
     where inner_type.oid <> 0)`

async function findStranger(
  client: pg.ClientBase,
  { oid }: Named,
  objects: string,
  within = PARTS,
): Promise<string | undefined> {
  const of = `${within}, object as (${objects})`
  // Nearly always all of it is theirs, which costs less to find out.
  const { rows: others } = await askAgain(
    client,
    `with recursive ${of} select from object where owner not in ${PLAIN_OWNERS} limit 1`,
    [oid],
  )
  if (others.length === 0) return undefined
  const { rows } = await client.query<{ object: string; owner: string; me: string }>(
    `with recursive ${TRUSTED}, ${of}
     select object, pg_get_userbyid(owner) as owner, current_user as me from object
      where owner not in (table trusted) order by rank, object limit 1`,
    [oid],
  )
  const [found] = rows
  if (!found) return undefined
  const { object, owner, me } = found
  return `${object} belongs to ${quoteName(owner)}, whose code the migrator does not run. If that role is yours: grant ${quoteName(owner)} to ${quoteName(me)}`
}
