import { EXCLUDED } from './scope.ts'
import type { Query } from './query.ts'
import { isInSchemas, qualified, roleName } from './sql.ts'

/**
 * ALTER DEFAULT PRIVILEGES. For one schema they add to PostgreSQL's defaults, for all of them they
 * replace them.
 */
export const defaultGrants: Query = {
  kind: 'default-grants',
  sql: () => `
    select
      concat(${roleName('d.defaclrole')}, ': ', d.objects, ' in ' || ${qualified('n.nspname')})
        as identity,
      d.defaclacl::text[] as acl, d.full::text[] as "fullAcl",
      case d.defaclnamespace when 0 then d.full::text[] else '{}' end as "defaultAcl"
    from (
      select *,
        case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
          when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' end as objects,
        acldefault(case defaclobjtype when 'S' then 's' else defaclobjtype end, defaclrole) as full
      from pg_default_acl) d
    left join pg_namespace n on n.oid = d.defaclnamespace
    where d.defaclnamespace = 0 or ${isInSchemas('d.defaclnamespace')}`,
}

/**
 * ALTER DATABASE … SET and ALTER ROLE … IN DATABASE … SET. Settings of the whole server are not the
 * database's; one that carries an excluded schema's name as its prefix (`migrator.disposable`)
 * belongs with that schema.
 */
export const settings: Query = {
  kind: 'setting',
  sql: () => `
    select concat_ws('.', case when d.setrole <> 0 then ${roleName('d.setrole')} end, s.name)
        as identity, s.value
    from pg_db_role_setting d
    cross join lateral (
      select split_part(entry, '=', 1) as name, substr(entry, strpos(entry, '=') + 1) as value
      from unnest(d.setconfig) entry) s
    where d.setdatabase = (select oid from pg_database where datname = current_database())
      and split_part(s.name, '.', 1) <> all(${EXCLUDED})`,
}

/** What was granted on the database itself, and its comment; pg_dump leaves both to `--create`. */
export const database: Query = {
  kind: 'database',
  sql: () => `
    select 'database' as identity, d.datacl::text[] as acl, d.full_acl as "defaultAcl", d.comment
    from (
      select *, acldefault('d', datdba)::text[] as full_acl,
        shobj_description(oid, 'pg_database') as comment
      from pg_database where datname = current_database()) d
    where d.comment is not null
      or not (d.datacl::text[] @> d.full_acl and d.datacl::text[] <@ d.full_acl)`,
}
