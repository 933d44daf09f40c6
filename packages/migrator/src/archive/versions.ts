import { escapeLiteral } from 'pg'
import type pg from 'pg'
import { JOURNAL } from '../journal/journal.ts'
import type { ArchiveEntry } from './schema.ts'

/** In this transaction, not in another: no row of another open transaction is seen. Counts in 32 bits. */
export function isOurs(xmin: string): string {
  const ahead = `((${xmin}::text::bigint - pg_catalog.pg_current_xact_id()::text::bigint) & 4294967295)`
  return `(case when ${ahead} < 1048576
    then pg_catalog.pg_xact_status((pg_catalog.pg_current_xact_id()::text::bigint + ${ahead})::text::xid8) = 'in progress' else false end)`
}

/**
 * A row `t` was written by the migration of an entry, in this transaction or in one that completed a part of it since the
 * loss; with `run` by that run of it alone.
 */
export function isWritten(
  { id, migration }: Pick<ArchiveEntry, 'id' | 'migration'>,
  run?: string,
): string {
  return isOneOf(
    run === undefined
      ? whichDone({ id, migration })
      : `${isDoneBy(migration)} and j.run = ${escapeLiteral(run)}`,
  )
}

/** SQL: of the journal `j`, what says that a part of the migration of an entry was completed since the loss. */
export function whichDone({ id, migration }: Pick<ArchiveEntry, 'id' | 'migration'>): string {
  return `${isDoneBy(migration)} and ${sinceLoss(id)}`
}

function isDoneBy(migration: string): string {
  return `j.event = 'done' and j.migration = ${escapeLiteral(migration)}`
}

function sinceLoss(id: string): string {
  return `j.id > coalesce((select max(lost.id) from ${JOURNAL} lost where lost.event = 'archived' and lost.facts->>'entry' = ${escapeLiteral(id)}), 0)`
}

/** In this transaction, or in one of those, or inside one, whose `done` is chosen by a condition on the journal `j`. */
function isOneOf(which: string): string {
  return `(${isOurs('t.xmin')} or t.xmin = any (array(
    select unnest(array[j.xmin] || array(select inner_xid::xid from jsonb_array_elements_text(j.facts->'versions') as inner_xid))
      from ${JOURNAL} j where ${which})))`
}

/** A row `t` was written by any migration since the loss of an entry. */
export function isWrittenSince({ id }: Pick<ArchiveEntry, 'id'>): string {
  return isOneOf(`j.event = 'done' and ${sinceLoss(id)}`)
}

/** The whole number of a transaction, in 64 bits. */
export function wholeXid(xid: string): string {
  return `(pg_catalog.pg_current_xact_id()::text::bigint - pg_catalog.age(${xid}))`
}

/** The newest transaction that wrote one of the rows whose versions a relation has; undefined without any. */
export async function newestWriter(
  client: pg.ClientBase,
  relation: string,
  version: 'stamp' | 'xmin',
): Promise<string | undefined> {
  const { rows } = await client.query<{ newest: string | null }>(
    `select max(${wholeXid(`${version}::text::xid`)})::text as newest from ${relation} where ${version} is not null`,
  )
  return rows[0]?.newest ?? undefined
}
