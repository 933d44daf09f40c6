import type { Client } from 'pg'
import { failure } from '../errors/index.ts'

/** Roles of PostgreSQL's own that read or write what the application's role must not. */
const PREDEFINED = [
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
]

/** The role with every role that it is a member of, whether or not it inherits: it may SET ROLE. */
const FOUND = `
  with recursive held as (
    select oid from pg_roles where rolname = $1
    union select m.roleid from pg_auth_members m join held on m.member = held.oid
  ), role as (select r.* from pg_roles r join held using (oid)), namespace as (
    select oid, nspname, nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  )
  select rolname as role, what from (
    select 1 as rank, oid, case when rolname = $1 and rolname ~ '^pg_' then 'belongs to PostgreSQL'
             when rolsuper then 'is a superuser' when rolcreaterole then 'has CREATEROLE'
             when rolcreatedb then 'has CREATEDB' when rolbypassrls then 'has BYPASSRLS'
             when rolreplication then 'has REPLICATION'
             when rolname in (current_user, session_user) then 'is the role that migrates'
             when rolname = any ($2) then 'reads or writes more than tables of the application' end as what from role
    union all select 2, datdba, 'owns the database' from pg_database where datname = current_database()
    union all select 3, nspowner, 'owns the schema ' || quote_ident(nspname) from namespace
    union all select 4, relowner, 'owns ' || format('%I.%I', nspname, relname)
      from pg_class join namespace on namespace.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'f', 'S')) as found
   join role using (oid) where what is not null order by rank, rolname <> $1, what limit 1`

/**
 * Refuses a role that could undo what `migrate grant` limits it to: one that owns what it uses changes it at will.
 * Throws ROLE_TOO_POWERFUL.
 */
export async function requirePowerless(client: Client, role: string): Promise<void> {
  const { rows } = await client.query<{ role: string; what: string }>(FOUND, [role, PREDEFINED])
  const [found] = rows
  if (!found) return
  const through = found.role === role ? '' : `is a member of "${found.role}", which `
  throw failure('ROLE_TOO_POWERFUL', { role, reason: `${through}${found.what}` })
}
