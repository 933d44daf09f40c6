import { EXCLUDED } from './scope.ts'
import type { Query } from './query.ts'

/** The catalogs of what can be granted, their acl's column and owner, and acldefault()'s letter. */
const CATALOGS = [
  ['pg_class', 'relacl', 'relowner', `case o.relkind when 'S' then 's' else 'r' end::"char"`],
  ['pg_proc', 'proacl', 'proowner', `'f'`],
  ['pg_type', 'typacl', 'typowner', `'T'`],
  ['pg_namespace', 'nspacl', 'nspowner', `'n'`],
  ['pg_language', 'lanacl', 'lanowner', `'l'`],
] as const

/**
 * PostgreSQL's own objects and those of extensions are not ours, but what was granted on them since
 * is: pg_init_privs remembers what initdb and CREATE EXTENSION granted,
 * in information_schema apart.
 * https://www.postgresql.org/docs/current/catalog-pg-init-privs.html
 */
export const builtInGrants: Query = {
  kind: 'other',
  deparsed: ['identity'],
  sql: () => `
    select concat('grants on ', o.type, ' ', o.identity) as identity, 'grants' as class,
      s.acl::text[] as acl, coalesce(s.initial, s.full_acl)::text[] as "defaultAcl",
      s.full_acl::text[] as "fullAcl"
    from (
      select a.*, i.initprivs as initial from (${CATALOGS.map(touched).join(' union all ')}) a
      left join pg_init_privs i
        on i.classoid = a.classid and i.objoid = a.oid and i.objsubid = 0
    ) s
    cross join lateral pg_identify_object(s.classid, s.oid, 0) o
    where s.acl <> coalesce(s.initial, s.full_acl)
      and not (s.acl::text[] @> coalesce(s.initial, s.full_acl)::text[]
        and s.acl::text[] <@ coalesce(s.initial, s.full_acl)::text[])
      and coalesce(o.schema, o.name) <> all(${EXCLUDED} || 'information_schema'::text)`,
}

function touched([catalog, acl, owner, letter]: (typeof CATALOGS)[number]): string {
  return `select '${catalog}'::regclass as classid, o.oid, o.${acl} as acl,
    acldefault(${letter}, o.${owner}) as full_acl
    from ${catalog} o
    where o.${acl} is not null and o.oid is distinct from to_regnamespace('public')
      and (o.oid < 16384 or exists (select from pg_depend e
        where e.classid = '${catalog}'::regclass and e.objid = o.oid and e.deptype = 'e'))`
}
