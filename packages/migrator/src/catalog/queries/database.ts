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
  select coalesce(bit_xor(hash), 0)::text as names from (
    select hashtextextended(relname::text, oid::int8 << 32 | relnamespace::int8) from pg_class
    where oid >= 16384 and relnamespace = any($1::oid[])
    union all
    select hashtextextended(a.attname::text, a.attrelid::int8 << 16 | a.attnum)
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.oid >= 16384 and c.relkind not in ('i', 'I') and c.relnamespace = any($1::oid[])
    union all
    select hashtextextended(proname::text, oid::int8 << 32 | pronamespace::int8)
    from pg_proc where oid >= 16384
    union all
    select hashtextextended(typname::text, oid::int8) from pg_type
    where oid >= 16384 and typnamespace = any($1::oid[])
    union all
    select hashtextextended(oprname::text, oid::int8 << 32 | oprnamespace::int8)
    from pg_operator where oid >= 16384
    union all
    select hashtextextended(nspname::text, oid::int8) from pg_namespace where oid = any($1::oid[])
  ) n(hash)`
