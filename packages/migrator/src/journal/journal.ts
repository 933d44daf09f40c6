import { escapeLiteral, type Client, type ClientBase } from 'pg'
import { hostname } from 'node:os'
import { failure, type MigratorError } from '../errors/index.ts'
import type {
  DatabaseState,
  JournalEvent,
  JournalledMigration,
  JournalStatement,
  MissingRight,
  Mode,
} from '../database-state.ts'
import type { Direction, Phase } from '../migration.ts'
import type { Actor } from '../session/actor.ts'
import { COMMITS_DURABLY } from '../session/side-settings.ts'
import { during } from '../session/during.ts'
import { quoteName } from '../sql/quote-name.ts'
import { ARCHIVE_SCHEMA, JOURNAL, JOURNAL_FORMAT, JOURNAL_SCHEMA } from './names.ts'

export { ARCHIVE_SCHEMA, JOURNAL, JOURNAL_FORMAT, JOURNAL_SCHEMA }

/** One row to be written. Positions are those of the statements within their script, from 0. */
export interface JournalEntry {
  readonly event: JournalEvent
  readonly migration?: string
  readonly direction?: Direction
  readonly phase?: Phase
  readonly segment?: number
  readonly segments?: number
  readonly mode?: Mode
  /** True on the entry that completes the migration in this direction. */
  readonly final?: boolean
  /** Of the migration; of the seeders for `seeded`. */
  readonly checksum?: string
  readonly statements?: readonly JournalStatement[]
  /** The whole migration, on its first `started`: a build without its file can revert it. */
  readonly definition?: JournalledMigration
  readonly durationMs?: number
  readonly lockWaitMs?: number
  readonly attempts?: number
  readonly rows?: number
  readonly note?: string
  /** Of the application's catalog once the entry's work is done: of `final` entries. */
  readonly fingerprint?: string
  /** What the event is about, as data: counts, sessions, decisions. */
  readonly facts?: unknown
}

/** An actor at work on one ledger: a database may have several, one for each project or tenant's schema. */
export interface Writer extends Actor {
  /** Quoted and qualified. */
  readonly ledger: string
}

/** Throws PRIVILEGE_MISSING where the current role may not write there. */
export function toWriter(
  actor: Actor,
  {
    ledgerTable,
    missingRights,
  }: Pick<DatabaseState, 'ledgerTable'> & Partial<Pick<DatabaseState, 'missingRights'>>,
): Writer {
  if (missingRights) throw withoutRights(missingRights)
  return { ...actor, ledger: ledgerTable }
}

/** PRIVILEGE_MISSING, with the role to connect as, and the statements that give the current role what it lacks. */
export function withoutRights(missing: readonly MissingRight[], cause?: unknown): MigratorError {
  const run = missing.flatMap(({ sql }) => sql ?? [])
  const doing = 'using the ledger and the journal'
  return failure('PRIVILEGE_MISSING', { ...describeOwners(missing), doing, run }, cause)
}

/** PRIVILEGE_MISSING of a role that is only to look: it need not own anything. */
export function withoutSight(
  missing: readonly MissingRight[],
  role: string,
  cause: unknown,
): MigratorError {
  const run = [`grant pg_read_all_data to ${quoteName(role)}`]
  const doing = 'reading the ledger and the journal'
  return failure('PRIVILEGE_MISSING', { ...describeOwners(missing), doing, run }, cause)
}

function describeOwners(missing: readonly MissingRight[]) {
  const owner = [...new Set(missing.map((one) => one.owner))].join(', ')
  return owner === ''
    ? { reason: 'they belong to another role' }
    : { reason: `they belong to ${owner}`, owner }
}

const COLUMNS = `run, event, migration, direction, phase, segment, segments, mode, final, checksum, statements, definition,
       duration_ms, lock_wait_ms, attempts, rows, note, fingerprint, facts, ledger, host, tool_version, build`

/** Where `duration_ms` is among them. */
const DURATION = 12

/** Appends one row. Inside a transaction of the caller it is part of it. */
export async function appendEntry(
  client: Pick<Client, 'query'>,
  writer: Writer,
  entry: JournalEntry,
): Promise<void> {
  const values = valuesOf(writer, entry)
  const places = values.map((_, i) => `$${i + 1}`).join(', ')
  const text = `insert into ${JOURNAL} (${COLUMNS})\n     values (${places})`
  await inJournal(() => client.query(text, values))
}

/** Runs `work`, which writes the journal: what is refused there is known to be that. */
export function inJournal<T>(work: () => Promise<T>): Promise<T> {
  return during({ doing: 'writing the journal', bookkeeping: JOURNAL }, work)
}

/** The same as a text, for a message with others. `durationMs`: SQL, where only the server knows it. */
export function entryStatement(writer: Writer, entry: JournalEntry, durationMs?: string): string {
  const literals = valuesOf(writer, entry).map((value, i) =>
    i === DURATION && durationMs !== undefined ? durationMs : toLiteral(value),
  )
  return `insert into ${JOURNAL} (${COLUMNS})\n     values (${literals.join(', ')})`
}

type Value = string | number | boolean | undefined

function toLiteral(value: Value): string {
  return value === undefined ? 'null' : escapeLiteral(String(value))
}

function valuesOf(writer: Writer, entry: JournalEntry): Value[] {
  return [
    writer.run,
    entry.event,
    entry.migration,
    entry.direction,
    entry.phase,
    entry.segment,
    entry.segments,
    entry.mode,
    entry.final ?? false,
    entry.checksum,
    entry.statements && JSON.stringify(entry.statements),
    entry.definition && JSON.stringify(entry.definition),
    entry.durationMs && Math.round(entry.durationMs),
    entry.lockWaitMs && Math.round(entry.lockWaitMs),
    entry.attempts,
    entry.rows,
    // The message of any error, and PostgreSQL keeps no NUL.
    entry.note?.replaceAll('\0', ''),
    entry.fingerprint,
    entry.facts ? JSON.stringify(entry.facts) : undefined,
    writer.ledger,
    hostname(),
    writer.toolVersion,
    writer.build,
  ]
}

/**
 * A commit after which everything before it is on disk. One that has written nothing waits for nothing, so a row is
 * written, and rolled back.
 */
export const FLUSH = `begin; ${COMMITS_DURABLY}; savepoint migrator_flush;
  insert into ${JOURNAL} (run, event) values ('00000000-0000-0000-0000-000000000000', 'flush');
  rollback to savepoint migrator_flush; commit`

/** Whether bookkeeping has a relation, by its whole name: an older version may not have made it. */
export async function hasRelation(client: ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [name],
  )
  return rows[0]?.there ?? false
}
