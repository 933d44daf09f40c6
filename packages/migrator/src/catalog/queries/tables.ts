import type { Query } from './query.ts'
import { granted, isOurRelation, qualified, roleName, sorted, storageOptions } from './sql.ts'

export const tables: Query = {
  kind: 'table',
  deparsed: ['partitionBy', 'partitionBound', 'ofType'],
  sql: () => `
    select c.oid, ${qualified('n.nspname', 'c.relname')} as identity,
      ${roleName('c.relowner')} as owner,
      ${granted('c.relacl', 'r', 'c.relowner')},
      c.relpersistence = 'u' as unlogged,
      case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as "partitionBy",
      case when c.relispartition then inheritance.parents[1] end as "partitionOf",
      pg_get_expr(c.relpartbound, c.oid) as "partitionBound",
      inheritance.detaching,
      case when not c.relispartition then inheritance.parents end as inherits,
      format_type(nullif(c.reloftype, 0), null) as "ofType",
      c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forcedRowSecurity",
      (select ${qualified('s.srvname')} from pg_foreign_server s where s.oid = f.ftserver) as server, ${sorted('f.ftoptions')} as "serverOptions",
      case when c.relkind = 'f' then null when c.relreplident = 'n' then 'nothing'
        when c.relreplident = 'f' then 'full' when c.relreplident = 'i' then 'index' end
        as "replicaIdentity",
      ${storageOptions()} as options,
      (select am.amname from pg_am am where am.oid = c.relam and am.amname <> 'heap') as "accessMethod",
      (select ts.spcname from pg_tablespace ts where ts.oid = c.reltablespace) as tablespace
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_class toast on toast.oid = c.reltoastrelid
    left join pg_foreign_table f on f.ftrelid = c.oid
    left join (
      select p.child, array_agg(p.name order by p.name collate "C") as parents,
        bool_or(p.detaching) as detaching
      from (
        select i.inhrelid as child, ${qualified('pn.nspname', 'pc.relname')} as name,
          i.inhdetachpending as detaching
        from pg_inherits i
        join pg_class pc on pc.oid = i.inhparent join pg_namespace pn on pn.oid = pc.relnamespace) p
      group by p.child
    ) inheritance on inheritance.child = c.oid
    where c.relkind in ('r', 'p', 'f') and ${isOurRelation('c')}`,
}
