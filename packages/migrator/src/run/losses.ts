import type pg from 'pg'
import type { Drop } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'
import { quoteName } from '../sql/quote-name.ts'

/** What a run is about to throw away, counted before it starts. */
export interface Loss {
  readonly migration: string
  /** `jobs`, or `jobs.attempt_count`. */
  readonly object: string
  /** Rows of a table; values that are not NULL, of a column. */
  readonly count: number
}

/**
 * Counts what the statements of a plan drop: rows of tables, values of columns. What is not there yet, or
 * is empty, is no loss. It reads every such table once.
 */
export async function countLosses(client: pg.ClientBase, plan: Plan): Promise<Loss[]> {
  const losses: Loss[] = []
  for (const { migration, segments } of plan.migrations) {
    for (const drop of segments.flatMap(({ statements }) =>
      statements.flatMap(({ drops }) => drops),
    )) {
      const count = await countDropped(client, drop)
      const object = drop.column === undefined ? drop.table : `${drop.table}.${drop.column}`
      if (count > 0) losses.push({ migration: migration.name, object, count })
    }
  }
  return losses
}

async function countDropped(
  client: pg.ClientBase,
  { schema, table, column }: Drop,
): Promise<number> {
  const name = quoteName(table, schema)
  const { rows: found } = await client.query(
    `select from pg_class c where c.oid = to_regclass($1) and c.relkind in ('r', 'p')
        and ($2::text is null or exists (select from pg_attribute a
              where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped))`,
    [name, column],
  )
  if (found.length === 0) return 0
  const counted = column === undefined ? '*' : quoteName(column)
  const { rows } = await client.query<{ count: string }>(`select count(${counted}) from ${name}`)
  return Number(rows[0]?.count ?? 0)
}
