import type { Query } from './query.ts'
import { granted, isOurRelation, qualified, roleName, storageOptions } from './sql.ts'

export const views: Query = {
  kind: 'view',
  queries: ['definition'],
  sql: () => viewsOfKind('v', ''),
}

/** Whether it is populated counts: one that is not cannot be read. */
export const materializedViews: Query = {
  kind: 'materialized-view',
  queries: ['definition'],
  sql: () =>
    viewsOfKind(
      'm',
      `not c.relispopulated as unpopulated, nullif(am.amname, 'heap') as "accessMethod",
      ts.spcname as tablespace,`,
    ),
}

function viewsOfKind(relkind: string, properties: string): string {
  return `
    select c.oid, ${qualified('n.nspname', 'c.relname')} as identity,
      ${roleName('c.relowner')} as owner,
      ${granted('c.relacl', 'r', 'c.relowner')},
      ${properties} pg_get_viewdef(c.oid) as definition,
      ${storageOptions()} as options
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_class toast on toast.oid = c.reltoastrelid
    left join pg_am am on am.oid = c.relam
    left join pg_tablespace ts on ts.oid = c.reltablespace
    where c.relkind = '${relkind}' and ${isOurRelation('c')}`
}
