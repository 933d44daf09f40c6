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
