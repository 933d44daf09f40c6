import { quoteLiteral } from '../sql/quote-literal.ts'

/** SQL: how many roles write a table, and have no such rights on another one, which its triggers use as whoever writes. Both are quoted. */
export function countWritersWithout(
  rights: readonly ('select' | 'update')[],
  table: string,
  other: string,
): string {
  const [from, to] = [table, other].map((one) => `${quoteLiteral(one)}::regclass`)
  const has = [
    `has_schema_privilege(r.oid, (select relnamespace from pg_class where oid = ${to}), 'usage')`,
    ...rights.map((one) => `has_table_privilege(r.oid, ${to}, '${one}')`),
  ]
  return `select count(*) as roles from pg_roles r
     where r.oid >= 16384 and has_any_column_privilege(r.oid, ${from}, 'insert, update')
       and not (${has.join(' and ')})`
}
