import type { Query } from './query.ts'
import { granted, isInSchemas, qualified, roleName } from './sql.ts'

export const schemas: Query = {
  kind: 'schema',
  sql: () => `
    select 'pg_namespace' as catalog, n.oid, ${qualified('n.nspname')} as identity,
      ${roleName('n.nspowner')} as owner,
      ${granted('n.nspacl', 'n', 'n.nspowner')}
    from pg_namespace n
    where ${isInSchemas('n.oid')} and n.nspname <> 'pg_catalog'
      and not exists (select from pg_depend e
        where e.classid = 'pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e')`,
}
