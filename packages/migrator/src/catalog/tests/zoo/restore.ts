import type { ClientBase } from 'pg'

/**
 * Copies what is in the schemas of `from` to `to`, as pg_dump and psql do: by the definitions that
 * PostgreSQL deparses. pg_dump itself is not on every machine, nor of every version.
 */
export async function restore(from: ClientBase, to: ClientBase): Promise<void> {
  await from.query('set search_path = pg_catalog, pg_temp')
  const { rows } = await from.query<{ sql: string }>(
    DEFINITIONS.join(' union all ') + ' order by 1, 2',
  )
  await to.query('set search_path = pg_catalog, pg_temp; set check_function_bodies = off')
  for (let i = 0; i < rows.length; i += BATCH) {
    await to.query(
      rows
        .slice(i, i + BATCH)
        .map(({ sql }) => `${sql};`)
        .join('\n'),
    )
  }
}

const BATCH = 100

const OURS = `oid >= 16384 and not exists (select from pg_depend where objid = o.oid and deptype in ('e', 'i'))`
const RELATION = `o.oid::regclass`

/** Each: the order of its step, and a statement. */
const DEFINITIONS = [
  `select 0, o.oid::int, format('create schema if not exists %I', nspname) as sql from pg_namespace o where ${OURS}`,
  `select 1, o.oid::int, format('create extension %I schema %s', extname, extnamespace::regnamespace) from pg_extension o where oid >= 16384`,
  `select 2, o.oid::int, format('create type %s as enum (%s)', o.oid::regtype, (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = o.oid))
   from pg_type o where typtype = 'e' and ${OURS}`,
  `select 2, o.oid::int, format('create collation %s (provider = icu, locale = %L, deterministic = %s)', o.oid::regcollation, coalesce(to_jsonb(o)->>'colllocale', to_jsonb(o)->>'colliculocale'), collisdeterministic::text)
   from pg_collation o where ${OURS}`,
  `select 3, o.oid::int, format('create type %s as (%s)', ${RELATION}, (select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum) from pg_attribute where attrelid = o.oid))
   from pg_class o where relkind = 'c' and oid >= 16384`,
  `select 4, o.oid::int, format('create domain %s as %s %s %s', o.oid::regtype, format_type(typbasetype, typtypmod), 'collate ' || nullif(typcollation, (select typcollation from pg_type where oid = o.typbasetype))::regcollation::text, 'default ' || pg_get_expr(typdefaultbin, 0))
   from pg_type o where typtype = 'd' and ${OURS}`,
  `select 5, o.oid::int, format('alter domain %s add constraint %I %s', contypid::regtype, conname, pg_get_constraintdef(o.oid))
   from pg_constraint o where contypid <> 0 and contype = 'c' and ${OURS}`,
  `select 6, o.oid::int, format('create sequence %s', ${RELATION}) from pg_class o where relkind = 'S' and ${OURS}`,
  `select case when proretset or pg_get_functiondef(o.oid) ~ 'BEGIN ATOMIC' then 9 else 7 end, o.oid::int, pg_get_functiondef(o.oid) from pg_proc o where prokind = 'f' and ${OURS}`,
  `select 8, o.oid::int, case when o.relispartition then format('create table %s partition of %s %s %s', ${RELATION},
      (select inhparent::regclass from pg_inherits where inhrelid = o.oid), pg_get_expr(o.relpartbound, o.oid), 'partition by ' || pg_get_partkeydef(o.oid))
    else format('create table %s (%s) %s', ${RELATION}, (select string_agg(format('%I %s %s %s %s', attname, format_type(atttypid, atttypmod),
        'collate ' || nullif(attcollation, (select typcollation from pg_type t where t.oid = atttypid))::regcollation::text,
        case when attgenerated = 's' then format('generated always as (%s) stored', pg_get_expr(adbin, adrelid)) else 'default ' || pg_get_expr(adbin, adrelid) end, case when attnotnull then 'not null' end), ', ' order by attnum)
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum where attrelid = o.oid and attnum > 0),
      'partition by ' || pg_get_partkeydef(o.oid)) end
   from pg_class o where relkind in ('r', 'p') and oid >= 16384`,
  `select 8, o.oid::int, format('create operator %s.%s (leftarg = %s, rightarg = %s, function = %s)', oprnamespace::regnamespace, oprname, oprleft::regtype, oprright::regtype, oprcode::regproc)
   from pg_operator o where ${OURS}`,
  `select 10, o.oid::int, format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(o.oid))
   from pg_constraint o where conrelid <> 0 and contype in ('c', 'p', 'x') and ${OURS}`,
  `select 11, o.oid::int, pg_get_indexdef(o.oid) from pg_class o where relkind = 'i' and relnamespace <> 'pg_toast'::regnamespace and not exists (select from pg_constraint where conindid = o.oid) and ${OURS}`,
  `select 12, o.oid::int, format('create view %s as %s', ${RELATION}, pg_get_viewdef(o.oid)) from pg_class o where relkind = 'v' and ${OURS}`,
  `select 12, o.oid::int, format('create materialized view %s as %s', ${RELATION}, regexp_replace(pg_get_viewdef(o.oid), ';$', ' with no data')) from pg_class o where relkind = 'm' and ${OURS}`,
  `select 13, o.oid::int, pg_get_statisticsobjdef(o.oid) from pg_statistic_ext o where ${OURS}`,
  `select 13, o.oid::int, pg_get_triggerdef(o.oid) from pg_trigger o where not tgisinternal and ${OURS}`,
  `select 13, o.oid::int, pg_get_ruledef(o.oid) from pg_rewrite o where rulename <> '_RETURN' and oid >= 16384`,
  `select 13, o.oid::int, format('create policy %I on %s using (%s) with check (%s)', polname, polrelid::regclass, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
   from pg_policy o where ${OURS}`,
]
