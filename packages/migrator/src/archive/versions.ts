import { escapeLiteral } from 'pg'
import type pg from 'pg'
import { JOURNAL } from '../journal/journal.ts'
import { COPIED_UNTIL } from './copied.ts'
import type { Ways } from './own-writes.ts'
import type { ArchiveEntry } from './schema.ts'

/** In this transaction, not in another: no row of another open transaction is seen. Counts in 32 bits. */
export function isOurs(xmin: string): string {
  const ahead = `((${xmin}::text::bigint - pg_catalog.pg_current_xact_id()::text::bigint) & 4294967295)`
  return `(case when ${ahead} < 1048576
    then pg_catalog.pg_xact_status((pg_catalog.pg_current_xact_id()::text::bigint + ${ahead})::text::xid8) = 'in progress' else false end)`
}

/**
 * A row `t` was written by the migration of an entry, or by the one that stands for it now, in this transaction or in one
 * that completed a part of it since the loss; with `run` by that run of it alone.
 */
export function isWritten(entry: Done, ways: Pick<Ways, 'names'>, run?: string): string {
  return isOneOf(
    run === undefined
      ? whichDone(entry, ways)
      : `${isDoneBy(entry, ways)} and j.run = ${escapeLiteral(run)}`,
  )
}

type Done = Pick<ArchiveEntry, 'id' | 'migration'>

/** SQL: of the journal `j`, what says that a part of the migration of an entry was completed since the loss. */
export function whichDone(entry: Done, ways: Pick<Ways, 'names'>): string {
  return `${isDoneBy(entry, ways)} and ${sinceLoss(entry.id)}`
}

function isDoneBy({ migration }: Done, { names }: Pick<Ways, 'names'>): string {
  return `${IS_DONE} and j.migration in (${[migration, ...names].map(escapeLiteral).join(', ')})`
}

/** SQL: of the journal `j`, what has the numbers of this database. */
const IS_DONE = `j.event = 'done' and j.id > ${COPIED_UNTIL}`

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
  return isOneOf(`${IS_DONE} and ${sinceLoss(id)}`)
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
