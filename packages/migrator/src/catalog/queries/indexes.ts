import type { Query } from './query.ts'
import { collationName, isOurRelation, qualified, sorted } from './sql.ts'

export const indexes: Query = {
  kind: 'index',
  deparsed: ['elements', 'include', 'predicate'],
  sql: () => indexesWhere(isOurRelation('t')),
}

/**
 * The canonical form of the indexes `c` on tables `t` that meet a condition. What one row of another table tells is a
 * sub-query, not a join: PostgreSQL plans every order of joins, which took longer than all the rest.
 */
export function indexesWhere(condition: string): string {
  return `
    select c.oid, ${qualified('n.nspname', 'c.relname')} as identity,
      ${qualified('n.nspname', 't.relname')} as of,
      (select ${qualified('n.nspname', 't.relname', 'con.conname')} from pg_constraint con
        where con.conrelid = t.oid and con.conindid = c.oid and con.contype in ('p', 'u', 'x')) as constraint,
      (select am.amname from pg_am am where am.oid = c.relam) as method, i.indisunique as unique, i.indnullsnotdistinct as "nullsNotDistinct",
      keys.elements,
      case when i.indnatts > i.indnkeyatts then
        (select array_agg(pg_get_indexdef(c.oid, k.number, false) order by k.number)
          from generate_series(i.indnkeyatts + 1, i.indnatts) k(number)) end as include,
      pg_get_expr(i.indpred, i.indrelid) as predicate,
      not i.indisvalid as invalid, not i.indisready as "notReady",
      case when c.relispartition then
        (select ${qualified('pn.nspname', 'p.relname')} from pg_inherits h
          join pg_class p on p.oid = h.inhparent join pg_namespace pn on pn.oid = p.relnamespace
          where h.inhrelid = c.oid) end as "attachedTo",
      i.indisreplident as "replicaIdentity", i.indisclustered as clustered,
      keys.statistics,
      ${sorted('c.reloptions')} as options,
      (select ts.spcname from pg_tablespace ts where ts.oid = c.reltablespace) as tablespace
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
    join (${keys()}) keys on keys.index = c.oid
    where t.relkind in ('r', 'p', 'm') and ${condition}`
}

/** Of all indexes at once: a sub-query for each key would search pg_opclass for each key. */
function keys(): string {
  return `
      select i.indexrelid as index, array_agg(${element()} order by a.attnum) as elements,
        array_agg(a.attnum || ': ' || a.attstattarget order by a.attnum)
          filter (where a.attstattarget >= 0) as statistics
      from pg_index i
      join pg_class c on c.oid = i.indexrelid
      join pg_attribute a on a.attrelid = i.indexrelid and a.attnum between 1 and i.indnkeyatts
      join pg_opclass op on op.oid = i.indclass[a.attnum - 1]
      left join pg_attribute col
        on col.attrelid = i.indrelid and col.attnum = i.indkey[a.attnum - 1] and col.attnum > 0
      where c.oid >= 16384 and c.relnamespace <> 'pg_toast'::regnamespace
      group by i.indexrelid`
}

/**
 * `lower(name) COLLATE "C" text_pattern_ops DESC`. The parts that PostgreSQL would leave out as
 * defaults are judged by the index alone: it decides on the default operator class by rules which
 * extensions change from version to version. Deparsing looks up all of the index for each key: worth
 * it for an expression only.
 */
function element(): string {
  return `concat_ws(' ',
    case when col.attname is null then pg_get_indexdef(c.oid, a.attnum, false)
      else ${qualified('col.attname')} end,
    ${collation()}, ${operatorClass()}, ${order()})`
}

function collation(): string {
  return `case when i.indcollation[a.attnum - 1] not in (0,
      coalesce(col.attcollation, 'pg_catalog.default'::regcollation)) then
    (select 'COLLATE ' || ${collationName} from pg_collation co
      join pg_namespace cn on cn.oid = co.collnamespace
      where co.oid = i.indcollation[a.attnum - 1]) end`
}

function operatorClass(): string {
  return `nullif(concat(
      case when not (${isUsualOperatorClass}) then
        case op.opcnamespace when 'pg_catalog'::regnamespace then op.opcname::text
        else (select ${qualified('opn.nspname', 'op.opcname')} from pg_namespace opn
          where opn.oid = op.opcnamespace) end end,
      case when a.attoptions is not null then
        '(' || array_to_string(${sorted('a.attoptions')}, ', ') || ')' end), '')`
}

/**
 * A default one takes binary-coercible types as well: integer (oid_ops) is not integer, though
 * oid_ops is a default.
 */
const isUsualOperatorClass = `op.opcdefault and op.opcnamespace = 'pg_catalog'::regnamespace and (
  c.relam not in (select oid from pg_am where amname in ('btree', 'brin')) or op.opcintype = a.atttypid
  or op.opcintype = 'text'::regtype and a.atttypid = 'varchar'::regtype
  or op.opcintype = 'inet'::regtype and a.atttypid = 'cidr'::regtype
  or op.opcintype in ('anyarray'::regtype, 'anyenum'::regtype, 'anyrange'::regtype,
    'anymultirange'::regtype, 'record'::regtype))`

function order(): string {
  return `case when i.indoption[a.attnum - 1] <> 0 and pg_indexam_has_property(c.relam, 'can_order') then
    case i.indoption[a.attnum - 1] when 1 then 'DESC NULLS LAST' when 2 then 'NULLS FIRST'
      when 3 then 'DESC' end end`
}
