import type { Query } from './query.ts'
import { EXCLUDED } from './scope.ts'
import { isOurRelation, qualified, withoutName } from './sql.ts'

/**
 * A row trigger's copies on partitions follow from the original, except where one was disabled
 * apart. A trigger that calls a function of an excluded schema belongs to that schema.
 */
export const triggers: Query = {
  kind: 'trigger',
  deparsed: ['definition'],
  sql: () => `
    select 'pg_trigger' as catalog, tg.oid,
      ${qualified('n.nspname', 'c.relname', 'tg.tgname')} as identity,
      ${qualified('n.nspname', 'c.relname')} as of,
      ${withoutName('pg_get_triggerdef(tg.oid)', 'CREATE (?:CONSTRAINT )?TRIGGER')} as definition,
      ${enabled('tg.tgenabled')} as enabled
    from pg_trigger tg
    join pg_class c on c.oid = tg.tgrelid
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_trigger parent on parent.oid = tg.tgparentid
    where not tg.tgisinternal and (parent.oid is null or parent.tgenabled <> tg.tgenabled)
      and not exists (select from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace
        where f.oid = tg.tgfoid and fn.nspname = any(${EXCLUDED}))
      and ${isOurRelation('c')}`,
}

/** A view's own rule is its definition. */
export const rules: Query = {
  kind: 'rule',
  deparsed: ['definition'],
  sql: () => `
    select 'pg_rewrite' as catalog, r.oid,
      ${qualified('n.nspname', 'c.relname', 'r.rulename')} as identity,
      ${qualified('n.nspname', 'c.relname')} as of,
      ${withoutName('pg_get_ruledef(r.oid)', 'CREATE RULE')} as definition,
      ${enabled('r.ev_enabled')} as enabled
    from pg_rewrite r
    join pg_class c on c.oid = r.ev_class
    join pg_namespace n on n.oid = c.relnamespace
    where r.rulename <> '_RETURN' and ${isOurRelation('c')}`,
}

function enabled(code: string): string {
  return `case ${code} when 'D' then 'never' when 'R' then 'on replica' when 'A' then 'always' end`
}
