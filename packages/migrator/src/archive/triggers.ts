import type pg from 'pg'
import { asAuthor } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { StoredTable } from './tables.ts'
import { SELECT_UNVALIDATED } from './unvalidated.ts'

/** What waits for the end of the transaction happens now: on the author's side, like all that triggers do. */
export async function fireDeferred(client: pg.ClientBase): Promise<void> {
  await asAuthor(client, () => client.query('set constraints all immediate'))
}

/** The event triggers that run at changes of the schema; those of extensions are known to their users. */
export async function readEventTriggers(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select evtname as name from pg_catalog.pg_event_trigger e
      where evtenabled <> 'D' and evtevent <> 'login'
        and not exists (select from pg_catalog.pg_depend d
                         where d.classid = 'pg_catalog.pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e')
      order by 1`,
  )
  return rows.map(({ name }) => name)
}

interface SideEffect {
  readonly off: string
  readonly on: string
}

/**
 * Runs `work`, inside the open transaction, while no trigger and no rule of the application fires on these tables,
 * row security does not bind their owner, and no publication refuses to change rows that nothing identifies.
 * Constraints hold: they are checked at the end of it. `skipsUnvalidated`: but for those that are NOT VALID.
 */
export async function withoutSideEffects(
  client: pg.ClientBase,
  tables: readonly StoredTable[],
  {
    work,
    skipsUnvalidated,
  }: { readonly work: () => Promise<unknown>; readonly skipsUnvalidated: boolean },
): Promise<void> {
  const effects = await sideEffects(client, tables, skipsUnvalidated ? [SELECT_UNVALIDATED] : [])
  for (const { off } of effects) await client.query(off)
  await work()
  // No table may be altered while a deferred check of it waits.
  await fireDeferred(client)
  for (const { on } of effects.toReversed()) await client.query(on)
}

async function sideEffects(
  client: pg.ClientBase,
  tables: readonly StoredTable[],
  more: readonly string[],
): Promise<readonly SideEffect[]> {
  const { rows } = await client.query<SideEffect>(
    `with part as (
       select oid from unnest($1::oid[]) as oid
       union select t.relid from unnest($1::oid[]) as root(oid) cross join pg_partition_tree(root.oid) t)
     select format('alter table only %s disable trigger %I', tgrelid::regclass, tgname) as off,
            format('alter table only %s enable %s trigger %I', tgrelid::regclass,
                   case tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end, tgname) as on
       from pg_trigger where tgrelid in (select oid from part) and not tgisinternal and tgenabled <> 'D'
     union all
     select format('alter table only %s disable rule %I', ev_class::regclass, rulename),
            format('alter table only %s enable %s rule %I', ev_class::regclass,
                   case ev_enabled when 'A' then 'always' when 'R' then 'replica' else '' end, rulename)
       from pg_rewrite where ev_class in (select oid from part) and rulename <> '_RETURN' and ev_enabled <> 'D'
     union all
     select format('alter table only %s no force row level security', oid::regclass),
            format('alter table only %s force row level security', oid::regclass)
       from pg_class where oid in (select oid from part) and relforcerowsecurity
     union all
     select format('alter table only %s replica identity full', c.oid::regclass),
            format('alter table only %s replica identity %s', c.oid::regclass, case c.relreplident when 'n' then 'nothing' else 'default' end)
       from pg_class c where c.oid in (select oid from part) and exists (select from pg_publication where pubupdate or pubdelete)
        and (c.relreplident = 'n' or c.relreplident = 'd' and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and i.indimmediate))
     ${more.map((select) => `union all ${select}`).join(' ')}`,
    [tables.map(({ oid }) => oid)],
  )
  return rows
}

/** Runs `work`, inside the open transaction, so that row security hides no row of its own table from the owner. */
export async function seenByOwner<T>(
  client: pg.ClientBase,
  { sql, hidesRows }: StoredTable,
  work: () => Promise<T>,
): Promise<T> {
  if (!hidesRows) return work()
  await client.query(`alter table ${sql} no force row level security`)
  const result = await work()
  await client.query(`alter table ${sql} force row level security`)
  return result
}

/**
 * Runs `work` while the foreign keys from and to these tables wait for its end: rows that refer to each other in
 * a circle can be inserted in no other way.
 */
export async function withDeferredKeys(
  client: pg.ClientBase,
  tables: readonly StoredTable[],
  work: () => Promise<unknown>,
): Promise<void> {
  const { rows } = await client.query<{ table: string; name: string }>(
    `select conrelid::regclass::text as table, conname as name from pg_constraint
      where contype = 'f' and not condeferrable and conparentid = 0
        and (conrelid = any($1::oid[]) or confrelid = any($1::oid[]))`,
    [tables.map(({ oid }) => oid)],
  )
  const setAll = async (how: string) => {
    for (const { table, name } of rows) {
      await client.query(`alter table ${table} alter constraint ${quoteName(name)} ${how}`)
    }
  }
  await setAll('deferrable initially deferred')
  await asAuthor(client, () => client.query('set constraints all deferred'))
  await work()
  await fireDeferred(client)
  await setAll('not deferrable')
}
