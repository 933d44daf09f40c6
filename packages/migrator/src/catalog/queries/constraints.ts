import type { Query } from './query.ts'
import {
  columnNames,
  inherited,
  isOurType,
  ourRelations,
  qualified,
  sorted,
  withColumns,
} from './sql.ts'

/**
 * NOT NULL is a property of columns and domains. A foreign key's copies on and for partitions
 * follow from the original and are named differently by every version: one is listed only where it
 * is not what the original is.
 */
export const constraints: Query = {
  kind: 'constraint',
  deparsed: ['expression', 'operators'],
  sql: () => `
    select 'pg_constraint' as catalog, con.oid,
      ${OWNER} || '.' || ${qualified('con.conname')} as identity, ${OWNER} as of,
      case con.contype when 'p' then 'primary key' when 'u' then 'unique'
        when 'f' then 'foreign key' when 'c' then 'check' when 'x' then 'exclusion' end as type,
      case when con.contype in ('p', 'u', 'f')
        then ${columnNames('con.conkey', 'con.conrelid')} end as columns,
      pg_get_expr(con.conbin, con.conrelid) as expression,
      case when con.contype = 'f' then
        (select ${qualified('fn.nspname', 'fc.relname')} from pg_class fc
          join pg_namespace fn on fn.oid = fc.relnamespace
          where fc.oid = con.confrelid) end as references,
      case when con.contype = 'f' then ${columnNames('con.confkey', 'con.confrelid')} end
        as "referencedColumns",
      case con.confmatchtype when 'f' then 'full' when 'p' then 'partial' end as match,
      ${action('con.confupdtype')} as "onUpdate", ${action('con.confdeltype')} as "onDelete",
      case when con.confdelsetcols is not null then
        ${sorted(columnNames('con.confdelsetcols', 'con.conrelid'))} end as "onDeleteColumns",
      case con.contype when 'x' then (
        select array_agg(o.operator::regoperator::text order by o.position)
        from unnest(con.conexclop) with ordinality o(operator, position)) end as operators,
      not con.convalidated as "notValid",
      not con.enforced as "notEnforced", con.temporal,
      case when con.condeferred then 'initially deferred'
        when con.condeferrable then 'initially immediate' end as deferrable,
      con.contype = 'c' and con.connoinherit as "noInherit",
      ${inherited('con.coninhcount', 'con.conislocal')} as inherited,
      ${hasDisabledTriggers} as "triggersDisabled"
    from ${constraintsOfAnyVersion} con
    left join ${constraintsOfAnyVersion} parent on parent.oid = con.conparentid
    left join ${ourRelations('r', 'p', 'f')} c on c.oid = con.conrelid
    left join (select t.oid, ${qualified('n.nspname', 't.typname')} as identity
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where t.typtype = 'd' and ${isOurType('t')} offset 0) d on d.oid = con.contypid
    where ${OWNER} is not null and con.contype in ('p', 'u', 'f', 'c', 'x')
      and (con.contype <> 'f' or parent.oid is null
        or con.convalidated <> parent.convalidated
        or con.enforced <> parent.enforced
        or ${hasDisabledTriggers})`,
}

const hasDisabledTriggers = `exists (select from pg_trigger tg
  where tg.tgconstraint = con.oid and tg.tgisinternal and tg.tgenabled <> 'O')`

/** The table or domain that a constraint is on, if that is ours. */
const OWNER = 'coalesce(c.identity, d.identity)'

/** Constraints with what PostgreSQL 18 added. */
const constraintsOfAnyVersion = withColumns(
  { conenforced: 'true', conperiod: 'false' },
  'select pg_constraint.*, conenforced as enforced, conperiod as temporal from pg_constraint',
)

function action(code: string): string {
  return `case ${code} when 'r' then 'restrict' when 'c' then 'cascade'
    when 'n' then 'set null' when 'd' then 'set default' end`
}
