import type { Query } from './query.ts'
import { isOurs, qualified, roleName, withColumns } from './sql.ts'

export const publications: Query = {
  kind: 'publication',
  deparsed: ['tables'],
  sql: () => `
    select 'pg_publication' as catalog, p.oid, ${qualified('p.pubname')} as identity,
      ${roleName('p.pubowner')} as owner,
      array_remove(array[
        case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end
      ], null) as operations,
      p.puballtables as "allTables", p.pubviaroot as "viaRoot",
      p.generated <> 'n' as "generatedColumns",
      (select array_agg(t.entry order by t.entry collate "C") from (
        select concat_ws(' ', ${qualified('n.nspname', 'c.relname')},
          '(' || (select string_agg(${qualified('a.attname')}, ', ' order by a.attname)
            from pg_attribute a
            where a.attrelid = c.oid and a.attnum = any(pr.prattrs::int2[])) || ')',
          'WHERE ' || pg_get_expr(pr.prqual, pr.prrelid)) as entry
        from pg_publication_rel pr
        join pg_class c on c.oid = pr.prrelid join pg_namespace n on n.oid = c.relnamespace
        where pr.prpubid = p.oid) t) as tables,
      (select array_agg(${qualified('n.nspname')} order by n.nspname)
        from pg_publication_namespace pn join pg_namespace n on n.oid = pn.pnnspid
        where pn.pnpubid = p.oid) as schemas
    from ${withColumns(
      { pubgencols: `'n'` },
      'select pg_publication.*, pubgencols as generated from pg_publication',
    )} p
    where ${isOurs('pg_publication', 'p.oid')}`,
}
