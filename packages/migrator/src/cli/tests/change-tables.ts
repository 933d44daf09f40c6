import { query } from '../../testing/query.ts'
import type { Entity } from '../../testing/entities.ts'
import type { Change } from './changes.ts'

/** Each change has a table of its own. */
export function tablesOf(
  changes: readonly Change[],
  side: 'before' | 'after',
): Record<string, Entity> {
  return Object.fromEntries(
    changes.map((one, n) => {
      const properties = one[side].replaceAll('%', nameOf(n))
      const options = one.options?.replaceAll('%', nameOf(n)) ?? ''
      return [
        placeOf(one, n),
        one.place === 'partitions' ? parted(n, properties) : { properties, options },
      ]
    }),
  )
}

function parted(n: number, properties: string): Entity {
  const partitions = ['from (0) to (10)', 'default'].map(
    (values, part) => `{ name: '${nameOf(n)}_p${part}', values: '${values}' }`,
  )
  return {
    properties: `day: p.integer().primary(), ${properties}`,
    options: `partitionBy: { type: 'range', expression: 'day', partitions: [${partitions.join(', ')}] },`,
  }
}

const nameOf = (n: number) => `t${n + 1}`

const placeOf = ({ place }: Change, n: number) =>
  place === 'schema' ? `s1.${nameOf(n)}` : nameOf(n)

/** What is gone for good, as a person has to say it. */
export function dropped(changes: readonly Change[]): string[] {
  return changes.flatMap((change, n) =>
    (change.gone ?? []).flatMap((one) => {
      const label = `${change.place === 'schema' ? 's1.' : ''}${one.replace('%', nameOf(n))}`
      return ['--drop', one.includes('%') ? label : `${placeOf(change, n)}.${one}`]
    }),
  )
}

/** The rows of each change, with what they have in each column. */
export async function readRows(url: string, changes: readonly Change[]): Promise<unknown[]> {
  const rows = changes.map(
    (one, n) =>
      `select ${n} as n, '${`${one.before} → ${one.after}`.replaceAll("'", "''")}' as change, to_jsonb(t) as row from ${placeOf(one, n)} t`,
  )
  return query(url, `${rows.join(' union all ')} order by n`)
}

/** A row in each table, with a value in each column that fits its type. */
export const FILL = `do $$
  declare
    it record;
  begin
    for it in
      select c.oid::regclass as name,
             string_agg(quote_ident(a.attname), ', ') as columns,
             string_agg(case
               when a.attname in ('id', 'day') then '1'
               when t.typcategory in ('N', 'S') then quote_literal(1)
               when t.typcategory = 'E' then quote_literal((select enumlabel from pg_enum where enumtypid = t.oid order by enumsortorder limit 1))
               when t.typcategory = 'D' and t.typname like 'time%' and t.typname not like 'timestamp%' then quote_literal('03:04:05')
               when t.typcategory = 'D' then quote_literal('2024-01-02')
               when t.typcategory = 'A' or t.typname like 'json%' then quote_literal('{}')
               when t.typcategory = 'B' then 'true'
               when t.typname = 'uuid' then 'gen_random_uuid()'
               else quote_literal('x') end, ', ') as values
        from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = ''
        join pg_type t on t.oid = atttypid
       where c.relnamespace::regnamespace::text in ('public', 's1') and c.relkind in ('r', 'p') and c.relname ~ '^t[0-9]+$'
       group by c.oid
    loop
      begin
        execute format('insert into %s (%s) values (%s)', it.name, it.columns, it.values);
      exception when check_violation then
        -- An enum is a text with a check.
        execute format('insert into %s (%s) values (%s)', it.name, it.columns, replace(it.values, quote_literal(1), quote_literal('a')));
      end;
    end loop;
  end $$`
