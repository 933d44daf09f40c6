import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { query } from './chain.ts'

/**
 * A database as lines of text: objects, validity, ledger, rows that tell how often something ran. Two
 * databases that went through the same migrations, each once, have the same facts.
 */
export async function readFacts(at: string | Client): Promise<string[]> {
  const rows = await query(at, FACTS)
  return rows.map(({ fact }) => String(fact))
}

const FACTS = `
with ours as (
  select c.oid, c.relname, c.relkind from pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'i', 'I', 'S', 'v')
)
select fact from (
  select format('%s %s', relkind, relname) as fact from ours
  union all
  select format('column %s.%s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    from pg_attribute join ours on ours.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attnum > 0 and not attisdropped and relkind in ('r', 'p')
  union all
  select format('index %s valid=%s', pg_get_indexdef(indexrelid), indisvalid and indisready)
    from pg_index join ours on ours.oid = indrelid
  union all
  select format('constraint %s %s valid=%s', conname, pg_get_constraintdef(pg_constraint.oid), convalidated)
    from pg_constraint join ours on ours.oid = conrelid
  union all
  select format('partition %s of %s pending=%s', inhrelid::regclass, inhparent::regclass, inhdetachpending) from pg_inherits
  union all
  select format('enum %s %s %s', enumtypid::regtype, row_number() over (partition by enumtypid order by enumsortorder), enumlabel) from pg_enum
  union all
  select format('%s %s', relname, unnest(xpath('//fact/text()', query_to_xml(rows, true, false, '')))::text)
    from ours join (values
      ('counter', 'select format(''%s: %s'', name, count(*)) as fact from counter group by name'),
      ('item', 'select format(''%s %s %s'', label, state, n) as fact from item'),
      ('visit', 'select to_jsonb(t)::text as fact from visit t'),
      ('setting', 'select to_jsonb(t)::text as fact from setting t'),
      ('owner', 'select to_jsonb(t)::text as fact from owner t'),
      ('pet', 'select to_jsonb(t)::text as fact from pet t'),
      ('mark', 'select to_jsonb(t)::text as fact from mark t'),
      ('owner_id_seq', 'select last_value as fact from owner_id_seq'),
      ('pet_id_seq', 'select last_value as fact from pet_id_seq'),
      ('visit_id_seq', 'select last_value as fact from visit_id_seq'),
      ('ticket', 'select last_value as fact from ticket'),
      ('mikro_orm_migrations', 'select row_number() over (order by id) || '' '' || name as fact from mikro_orm_migrations')
    ) as read (relname, rows) using (relname)
) as facts order by fact collate "C"`

/** Backends of a migrator that are still there; a cut connection's backend has 2 s to notice. */
export async function orphans(at: string | Client): Promise<Record<string, unknown>[]> {
  for (let left = 20; ; left -= 1) {
    const found = await query(
      at,
      `select pid, state, query from pg_stat_activity
        where datname = current_database() and application_name like 'migrate%'`,
    )
    if (found.length === 0 || left === 0) return found
    await sleep(100)
  }
}
