import type { Query } from './query.ts'
import { granted, isOurRelation, qualified, roleName } from './sql.ts'

/** What a sequence is, not where it has got to: its value is data. */
export const sequences: Query = {
  kind: 'sequence',
  deparsed: ['type'],
  sql: () => `
    select c.oid, ${qualified('n.nspname', 'c.relname')} as identity,
      ${roleName('c.relowner')} as owner,
      ${granted('c.relacl', 's', 'c.relowner')},
      (select ${qualified('tn.nspname', 't.relname', 'a.attname')}
        from pg_depend d
        join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
        join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid
          and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')) as "ownedBy",
      format_type(s.seqtypid, null) as type, s.seqstart::text as start,
      s.seqincrement::text as increment, s.seqmin::text as minimum, s.seqmax::text as maximum,
      s.seqcache::text as cache, s.seqcycle as cycle,
      c.relpersistence = 'u' as unlogged
    from pg_sequence s
    join pg_class c on c.oid = s.seqrelid
    join pg_namespace n on n.oid = c.relnamespace
    where ${isOurRelation('c')}`,
}
