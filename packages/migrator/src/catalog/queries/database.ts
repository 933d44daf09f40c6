/** Which server and database this is, and which schemas are ours: not in `$1`, nor PostgreSQL's. */
export const DATABASE = `
  select current_setting('server_version_num')::int / 10000 as major,
    pg_get_userbyid(d.datdba)::text as owner,
    array(select n.oid from pg_namespace n
      where n.nspname <> all($1::text[]) and n.nspname <> 'information_schema'
        and n.nspname !~ '^pg_(toast|(toast_)?temp_.*)$')::text[] as schemas
  from pg_database d
  where d.datname = current_database()`

export type Database = { major: number; owner: string; schemas: string[] }

/**
 * One number for all names that expressions may mention. PostgreSQL deparses with the newest names,
 * whatever the transaction's snapshot: if this number is another one after reading, what was read
 * is neither the schema before nor the one after.
 */
export const NAMES = `
  select coalesce(sum(hashtextextended(name, 0)), 0)::text as names from (
    select concat_ws(' ', 'r', oid, relnamespace, relname) from pg_class
    where oid >= 16384 and relnamespace = any($1::oid[])
    union all
    select concat_ws(' ', 'a', a.attrelid, a.attnum, a.attname)
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.oid >= 16384 and c.relnamespace = any($1::oid[])
    union all
    select concat_ws(' ', 'p', oid, pronamespace, proname) from pg_proc where oid >= 16384
    union all
    select concat_ws(' ', 't', oid, typname) from pg_type
    where oid >= 16384 and typnamespace = any($1::oid[])
    union all
    select concat_ws(' ', 'o', oid, oprnamespace, oprname) from pg_operator where oid >= 16384
    union all
    select concat_ws(' ', 'n', oid, nspname) from pg_namespace where oid = any($1::oid[])
  ) n(name)`
