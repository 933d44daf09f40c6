import type { Query } from './query.ts'
import { collationUnless, inherited, isSince, ourRelations, qualified, sorted } from './sql.ts'

/**
 * The position is noted, not compared: a column that a migration adds comes last, where a fresh
 * database has it in the entity's order, and nothing but SELECT * can tell. NOT NULL is a property
 * of the column on every version; PostgreSQL 18 lists it in pg_constraint too, under a name that
 * older ones do not have, so that the name is noted only.
 */
export const columns: Query = {
  kind: 'column',
  deparsed: ['type', 'default', 'generatedAs'],
  noted: ['position', 'notNullName'],
  sql: () => `
    select c.oid, a.attnum as part,
      c.identity || '.' || ${qualified('a.attname')} as identity, c.identity as of,
      a.attacl::text[] as acl,
      case when a.attacl is not null then pg_get_userbyid(c.relowner)::text end as "usualGrantor",
      format_type(a.atttypid, a.atttypmod) as type,
      ${collationUnless('a.attcollation', 't.typcollation')} as collation,
      a.attnotnull as "notNull",
      not nn.convalidated as "notNullNotValid", nn.connoinherit as "notNullNoInherit",
      case when nn.conislocal then
        nullif(nn.conname, left(c.relname || '_' || a.attname || '_not_null', 63)) end as "notNullName",
      row_number() over (partition by a.attrelid order by a.attnum)::int as position,
      case a.attgenerated when '' then pg_get_expr(d.adbin, d.adrelid) end as default,
      case when a.attidentity <> '' and not (c.relispartition and ${isSince(17)}) then
        case a.attidentity when 'a' then 'always' when 'd' then 'by default' end end as "asIdentity",
      case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end as generated,
      case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end as "generatedAs",
      ${inherited('a.attinhcount', 'a.attislocal')} as inherited,
      case when a.attstorage <> t.typstorage then
        case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main'
          else 'extended' end
      end as storage,
      case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression,
      nullif(a.attstattarget, -1) as statistics,
      ${sorted('a.attoptions')} as options, ${sorted('a.attfdwoptions')} as "serverOptions"
    from pg_attribute a
    join ${ourRelations('r', 'p', 'f', 'v', 'm')} c on c.oid = a.attrelid
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_constraint nn
      on nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey = array[a.attnum]
    where a.attnum > 0 and not a.attisdropped`,
}
