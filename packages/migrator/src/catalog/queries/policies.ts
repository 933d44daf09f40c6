import type { Query } from './query.ts'
import { isOurRelation, qualified, roleName } from './sql.ts'

export const policies: Query = {
  kind: 'policy',
  deparsed: ['using', 'withCheck'],
  sql: () => `
    select 'pg_policy' as catalog, pol.oid,
      ${qualified('n.nspname', 'c.relname', 'pol.polname')} as identity,
      ${qualified('n.nspname', 'c.relname')} as of,
      case pol.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end as command,
      not pol.polpermissive as restrictive,
      (select array_agg(name order by name) from (select ${roleName('r.role')} collate "C" as name
        from unnest(pol.polroles) r(role)) r) as roles,
      pg_get_expr(pol.polqual, pol.polrelid) as using,
      pg_get_expr(pol.polwithcheck, pol.polrelid) as "withCheck"
    from pg_policy pol
    join pg_class c on c.oid = pol.polrelid
    join pg_namespace n on n.oid = c.relnamespace
    where ${isOurRelation('c')}`,
}
