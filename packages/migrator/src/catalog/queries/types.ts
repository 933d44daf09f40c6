import type { Query } from './query.ts'
import { collationName, collationUnless, granted, isOurType, qualified, roleName } from './sql.ts'

export const enums: Query = {
  kind: 'enum',
  sql: () =>
    typesOfKind(
      'e',
      `(select array_agg(e.enumlabel::text order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid) as labels`,
    ),
}

/** A domain's CHECKs are constraints of their own. */
export const domains: Query = {
  kind: 'domain',
  deparsed: ['type', 'default'],
  sql: () =>
    typesOfKind(
      'd',
      `format_type(t.typbasetype, t.typtypmod) as type, t.typnotnull as "notNull",
      pg_get_expr(t.typdefaultbin, 0) as default,
      ${collationUnless('t.typcollation', 'base.typcollation')} as collation`,
      'join pg_type base on base.oid = t.typbasetype',
    ),
}

/**
 * In order: unlike a table's columns, attributes cannot be told apart by a row literal in any other
 * way.
 */
export const compositeTypes: Query = {
  kind: 'composite-type',
  deparsed: ['attributes'],
  sql: () =>
    typesOfKind(
      'c',
      `(select array_agg(concat_ws(' ',
          ${qualified('a.attname')}, format_type(a.atttypid, a.atttypmod),
          'COLLATE ' || ${collationUnless('a.attcollation', 'at.typcollation')}) order by a.attnum)
        from pg_attribute a join pg_type at on at.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as attributes`,
      `join pg_class c on c.oid = t.typrelid and c.relkind = 'c'`,
    ),
}

export const ranges: Query = {
  kind: 'range',
  deparsed: ['subtype', 'multirange', 'canonical', 'subtypeDifference'],
  sql: () =>
    typesOfKind(
      'r',
      `format_type(r.rngsubtype, null) as subtype, format_type(r.rngmultitypid, null) as multirange,
      (select ${qualified('opn.nspname', 'op.opcname')} from pg_opclass op
        join pg_namespace opn on opn.oid = op.opcnamespace
        where op.oid = r.rngsubopc) as "operatorClass",
      (select ${collationName}
        from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace
        where co.oid = r.rngcollation) as collation,
      nullif(r.rngcanonical, 0)::regprocedure::text as canonical,
      nullif(r.rngsubdiff, 0)::regprocedure::text as "subtypeDifference"`,
      'join pg_range r on r.rngtypid = t.oid',
    ),
}

function typesOfKind(typtype: string, properties: string, join = ''): string {
  return `
    select 'pg_type' as catalog, t.oid, ${qualified('n.nspname', 't.typname')} as identity,
      ${roleName('t.typowner')} as owner,
      ${granted('t.typacl', 'T', 't.typowner')},
      ${properties}
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    ${join}
    where t.typtype = '${typtype}' and ${isOurType('t')}`
}
