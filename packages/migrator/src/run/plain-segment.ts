import type pg from 'pg'
import { mayNeedCopies } from '../archive/foresee.ts'
import { HAS_EVENT_TRIGGERS, MAY_TAKE_UNNAMED } from '../archive/inventory.ts'
import { takesObjects, worksOnRows } from '../archive/statement-kinds.ts'
import { LONGEST_NAME } from '../catalog/identity.ts'
import { ARCHIVE_SCHEMA } from '../journal/names.ts'
import type { Statement } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import { settingsOfAuthor } from '../session/author.ts'
import type { SegmentContext } from './context.ts'
import { mayBePending } from './pending.ts'
import { mayWriteRows } from './deferred.ts'

/*
 * Between the statements of most segments nothing is decided: nobody checks or keeps anything, no row is written, and
 * PostgreSQL has nothing to say. Such a segment is one message. Everything else goes statement by statement.
 */

/** A message is kept in memory by the server as a whole. */
const MOST_BYTES = 1_000_000

/** These write no rows, set nothing and end no transaction; what they may say is excluded below. */
const KINDS =
  /^\s*(?:create\s+(?:unlogged\s+)?table|create\s+(?:unique\s+)?index|create\s+(?:type|sequence)|alter\s+(?:table|type|sequence)|comment\s+on)\s/i

/** What raises a notice, and what may be about the migrator's own tables. */
const SPECIAL = /\bif\b|\binherits\b|\busing\s+index\b|\bdrop\b[^]*\bcascade\b|migrator/i

/** True where a segment may be one message, as far as it and its run tell. */
export function isPlain(segment: Segment, context: SegmentContext): boolean {
  const { session, archive, beforeCommit, beforeEnd, ledgerTable } = context
  const { statements } = segment
  const isInOurTransaction = segment.mode === 'transaction' && session.transaction === undefined
  if (!isInOurTransaction || segment.direction !== 'up' || segment.run !== undefined) return false
  if (segment.ensures.length > 0 || segment.settings.length > 0 || statements.length === 0)
    return false
  // Whoever listens to the end of a statement or of a migration is told in its transaction.
  const isWatched = [beforeCommit, beforeEnd, context.witness].some((one) => one !== undefined)
  if (isWatched || session.onStatement !== undefined) return false
  if (
    archive &&
    (mayBePending(segment, archive) || archive.reversion || archive.keepRows !== undefined)
  )
    return false
  if (mayCall(segment) && !segment.isLast) return false
  if (Object.keys(settingsOfAuthor(session.client)).length > 0) return false
  const bytes = statements.reduce((sum, { sql }) => sum + Buffer.byteLength(sql), 0)
  const ledger = (/"([^"]+)"$/.exec(ledgerTable) ?? [])[1] ?? ''
  return (
    bytes <= MOST_BYTES &&
    !mayNeedCopies(statements) &&
    !takesObjects(statements) &&
    statements.every((one) => isPlainStatement(one) && !one.sql.includes(ledger))
  )
}

/**
 * True where rows are read, so that operators and types of the author's may be called, which may leave something in the
 * session: the migration has to end with the segment, and its session is cleaned.
 */
export function mayCall({ statements }: Pick<Segment, 'statements'>): boolean {
  return statements.some(worksOnRows)
}

function isPlainStatement(statement: Statement): boolean {
  const { sql, dataLosses, hasUnknownLocks, isSet, setsLocally } = statement
  return (
    KINDS.test(sql) &&
    !SPECIAL.test(sql) &&
    !hasLongName(sql) &&
    dataLosses.length === 0 &&
    !hasUnknownLocks &&
    !isSet &&
    setsLocally !== true &&
    !mayWriteRows(statement)
  )
}

/** PostgreSQL says so where it cuts a name off. */
function hasLongName(sql: string): boolean {
  const words = sql.match(/"(?:[^"]|"")*"|[^\s"'(),.;]+/g) ?? []
  return words.some((word) => Buffer.byteLength(word) > LONGEST_NAME)
}

/** By session: nothing in the database takes part in what plain statements do. */
const quiet = new WeakMap<pg.ClientBase, boolean>()

/**
 * True where nothing in the database goes along with plain statements: neither an archive that is watched, nor event
 * triggers, nor functions that take something away while rows are checked. Plain segments change nothing about that, so
 * it is asked again only after another one: `forgetQuiet`.
 */
export async function isQuiet(client: pg.ClientBase): Promise<boolean> {
  const known = quiet.get(client)
  if (known !== undefined) return known
  const { rows } = await client.query<{ quiet: boolean }>(QUIET)
  const isIt = rows[0]?.quiet ?? false
  quiet.set(client, isIt)
  return isIt
}

export function forgetQuiet(client: pg.ClientBase): void {
  quiet.delete(client)
}

const QUIET = `
  select current_setting('client_min_messages') in ('notice', 'warning', 'error')
     and not ${HAS_EVENT_TRIGGERS}
     and not ${MAY_TAKE_UNNAMED}
     and not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                      where n.nspname = '${ARCHIVE_SCHEMA}' and c.relkind in ('r', 'p') and c.relname ~ '^e') as quiet`
