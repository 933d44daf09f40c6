import { Client } from 'pg'

/** The structure of the database as text, a line for each fact, sorted; MikroORM's ledger is left out. */
export async function readStructure(url: string): Promise<string[]> {
  return (await rows(url, QUERY)).map(({ fact }) => String(fact))
}

export async function rows(
  url: string,
  query: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(query, values)).rows
  } finally {
    await client.end()
  }
}

const QUERY = `
with ours as (
  select oid, relname, relkind from pg_class
  where relnamespace = 'public'::regnamespace and relname not like 'mikro_orm_migrations%'
    and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
)
select fact from (
  select format('relation %s %s persistence=%s options=%s', relname, relkind, relpersistence, reloptions) as fact
    from pg_class where oid in (select oid from ours)
  union all
  select format('column %s.%s %s type=%s null=%s default=%s identity=%s generated=%s collation=%s', relname,
    row_number() over (partition by attrelid order by attnum), attname,
    format_type(atttypid, atttypmod), not attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated, attcollation::regcollation)
    from pg_attribute join ours on ours.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attnum > 0 and not attisdropped and relkind = 'r'
  union all
  select format('index %s valid=%s', pg_get_indexdef(indexrelid), indisvalid) from pg_index join ours on ours.oid = indrelid
  union all
  select format('constraint %s.%s %s %s valid=%s', relname, conname, contype, pg_get_constraintdef(pg_constraint.oid), convalidated)
    from pg_constraint join ours on ours.oid = conrelid
  union all select format('trigger %s %s', relname, pg_get_triggerdef(pg_trigger.oid)) from pg_trigger join ours on ours.oid = tgrelid where not tgisinternal
  union all select format('extension %s', extname) from pg_extension
  union all select format('schema %s', nspname) from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
) as facts order by fact collate "C"`
