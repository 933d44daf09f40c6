/** Whose the database is. */
export const DATABASE_OWNER = `
  select pg_get_userbyid(d.datdba)::text as owner from pg_database d
  where d.datname = current_database()`

/**
 * One number for all names that expressions may mention. PostgreSQL deparses with the newest names,
 * whatever the transaction's snapshot: if this number is another one after reading, what was read
 * is neither the schema before nor the one after.
 */
export const NAMES = `
  select coalesce(bit_xor(hash), 0)::text as names from (
    select hashtextextended(relname::text, oid::int8 << 32 | relnamespace::int8) from pg_class
    where oid >= 16384 and relnamespace in (select oid from ours)
    union all
    select hashtextextended(a.attname::text, a.attrelid::int8 << 16 | a.attnum)
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attnum > 0 and c.oid >= 16384 and c.relkind not in ('i', 'I')
      and c.relnamespace in (select oid from ours)
    union all
    select hashtextextended(proname::text, oid::int8 << 32 | pronamespace::int8)
    from pg_proc where oid >= 16384
    union all
    select hashtextextended(typname::text, oid::int8) from pg_type
    where oid >= 16384 and typnamespace in (select oid from ours)
    union all
    select hashtextextended(oprname::text, oid::int8 << 32 | oprnamespace::int8)
    from pg_operator where oid >= 16384
    union all
    select hashtextextended(nspname::text, oid::int8) from pg_namespace
    where oid in (select oid from ours)
  ) n(hash)`
