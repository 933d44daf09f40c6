import type pg from 'pg'
import { askAgain } from '../session/prepared.ts'

/**
 * What is taken off tables that move into the archive, so that nothing of them keeps a name, a lock or a
 * dependency outside, and nothing outside depends on them. Rows, columns and NOT NULL stay.
 *
 * Each query returns statements as text, over the oids of the tables in $1, and runs when those before it
 * have run: what goes with something else is gone by then. Everything that depends on a table may go with
 * it: PostgreSQL has already been asked whether it may.
 */
const STEPS = [
  // Parents that stay.
  `select case when c.relispartition then format('alter table %s detach partition %s', inhparent::regclass, inhrelid::regclass)
               else format('alter table %s no inherit %s', inhrelid::regclass, inhparent::regclass) end as sql
     from pg_inherits join pg_class c on c.oid = inhrelid
    where inhrelid = any($1::oid[]) and inhparent <> all($1::oid[]) and c.relkind in ('r', 'p')`,
  // Foreign keys of both directions.
  `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as sql from pg_constraint
    where contype = 'f' and conparentid = 0 and (conrelid = any($1::oid[]) or confrelid = any($1::oid[]))`,
  // Whatever outside reads them.
  `select distinct format('drop %s if exists %s cascade', o.type, o.identity) as sql
     from pg_depend d
     cross join lateral (select case when d.classid = 'pg_rewrite'::regclass then 'pg_class'::regclass else d.classid end as classid,
            case when d.classid = 'pg_rewrite'::regclass then (select ev_class from pg_rewrite where oid = d.objid) else d.objid end as objid) as owner
     cross join lateral pg_identify_object(owner.classid, owner.objid, 0) as o
    where ((d.refclassid = 'pg_class'::regclass and d.refobjid = any($1::oid[]))
        or (d.refclassid = 'pg_type'::regclass and d.refobjid in (
              select t.oid from pg_type t where t.typrelid = any($1::oid[])
              union select t.typarray from pg_type t where t.typrelid = any($1::oid[]))))
      and o.type in ('view', 'materialized view', 'function', 'procedure')`,
  `select format('drop policy %I on %s', polname, polrelid::regclass) as sql from pg_policy p
    where polrelid = any($1::oid[]) or exists (
      select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = p.oid
         and d.refclassid = 'pg_class'::regclass and d.refobjid = any($1::oid[]))`,
  `select format('drop trigger %I on %s', tgname, tgrelid::regclass) as sql from pg_trigger
    where tgrelid = any($1::oid[]) and not tgisinternal and tgparentid = 0`,
  `select format('drop rule %I on %s', rulename, ev_class::regclass) as sql from pg_rewrite r
    where rulename <> '_RETURN' and (ev_class = any($1::oid[]) or exists (
      select from pg_depend d where d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
         and d.refclassid = 'pg_class'::regclass and d.refobjid = any($1::oid[])))`,
  `select format('alter publication %I drop table only %s', pubname, prrelid::regclass) as sql
     from pg_publication_rel join pg_publication p on p.oid = prpubid where prrelid = any($1::oid[])`,
  `select format('drop statistics %I.%I', nspname, stxname) as sql
     from pg_statistic_ext join pg_namespace n on n.oid = stxnamespace where stxrelid = any($1::oid[])`,
  `select format('alter table %s disable row level security, no force row level security', oid::regclass) as sql
     from pg_class where oid = any($1::oid[]) and (relrowsecurity or relforcerowsecurity)`,
  // Constraints but NOT NULL, then the indexes that are none's.
  `select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) as sql from pg_constraint
    where conrelid = any($1::oid[]) and contype in ('c', 'p', 'u', 'x') and conparentid = 0 and coninhcount = 0`,
  `select format('drop index %s cascade', indexrelid::regclass) as sql from pg_index
    where indrelid = any($1::oid[]) and not exists (select from pg_inherits where inhrelid = indexrelid)`,
  `select format('alter table %s not of', oid::regclass) as sql from pg_class where oid = any($1::oid[]) and reloftype <> 0`,
  // What computes values. A virtual column has none of its own.
  `select format('alter table %s %s', attrelid::regclass, case
             when attidentity <> '' then format('alter column %I drop identity', attname)
             when attgenerated = 's' then format('alter column %I drop expression', attname)
             when attgenerated = 'v' then format('drop column %I', attname)
             else format('alter column %I drop default', attname) end) as sql
     from pg_attribute where attrelid = any($1::oid[]) and attnum > 0 and not attisdropped
      and (atthasdef or attidentity <> '') and (attinhcount = 0 or (attgenerated = '' and attidentity = ''))`,
  `select format('drop sequence %s cascade', objid::regclass) as sql from pg_depend join pg_class c on c.oid = objid
    where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype = 'a'
      and c.relkind = 'S' and refobjid = any($1::oid[])`,
  // A domain would go on checking the archive. Its base type stores the same.
  `with recursive base (attrelid, attname, typid, typmod) as (
     select attrelid, attname, d.typbasetype, d.typtypmod from pg_attribute join pg_type d on d.oid = atttypid and d.typtype = 'd'
      where attrelid = any($1::oid[]) and attnum > 0 and not attisdropped and attinhcount = 0
     union all
     select attrelid, attname, d.typbasetype, d.typtypmod from base join pg_type d on d.oid = typid and d.typtype = 'd')
   select format('alter table %s alter column %I type %s', attrelid::regclass, attname, format_type(typid, typmod)) as sql
     from base join pg_type t on t.oid = typid where t.typtype <> 'd'`,
  // Nobody but the owner reads the archive.
  `select distinct format('revoke all on table %s from %s', c.oid::regclass,
            case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end) as sql
     from pg_class c
     cross join lateral (
       select grantee from aclexplode(c.relacl)
       union select e.grantee from pg_attribute a cross join aclexplode(a.attacl) e where a.attrelid = c.oid) g
    where c.oid = any($1::oid[]) and g.grantee <> c.relowner`,
  // What is restored leaves the archive, also where a publication of all tables asks what identifies it.
  `select format('alter table only %s replica identity full', oid::regclass) as sql from pg_class where oid = any($1::oid[])`,
]

/** Columns of tables that stay, of the row types of those that go. */
const OUTER_COLUMNS = `
  select format('alter table %s drop column %I cascade', a.attrelid::regclass, a.attname) as sql
    from pg_attribute a join pg_class c on c.oid = a.attrelid
   where a.atttypid = any (array(select unnest(array[oid, typarray]) from pg_type where typrelid = any($1::oid[]))) and c.relkind in ('r', 'p') and c.oid <> all($1::oid[])
     and not a.attisdropped and a.attinhcount = 0`

/** Strips tables to their rows. Throws what PostgreSQL throws. */
export async function stripTables(client: pg.ClientBase, oids: readonly string[]): Promise<void> {
  for (const step of STEPS) await runEach(client, step, oids)
}

/** Before: `oids` are all that go with one statement, since one of them may have a column of the row type of another. */
export async function dropOuterColumns(
  client: pg.ClientBase,
  oids: readonly string[],
): Promise<void> {
  await runEach(client, OUTER_COLUMNS, oids)
}

async function runEach(
  client: pg.ClientBase,
  step: string,
  oids: readonly string[],
): Promise<void> {
  const { rows } = await askAgain<{ sql: string }>(client, step, [oids])
  for (const { sql } of rows) await client.query(sql)
}
