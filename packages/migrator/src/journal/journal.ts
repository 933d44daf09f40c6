import { escapeLiteral, type Client } from 'pg'
import { hostname } from 'node:os'
import { failure, type MigratorError } from '../errors/index.ts'
import type {
  DatabaseState,
  JournalEvent,
  JournalledMigration,
  JournalStatement,
  Mode,
} from '../database-state.ts'
import type { Direction, Phase } from '../migration.ts'
import { createLedger } from './ledger.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Actor } from '../session/actor.ts'
import { during } from '../session/during.ts'
import { sqlState } from '../session/connect.ts'
import { inTransaction } from '../session/in-transaction.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from './names.ts'
import { rightsToCreate, secureBookkeeping, takeBackLedger } from './rights.ts'
import { requireTrusted } from './trust.ts'

export { ARCHIVE_SCHEMA, JOURNAL_SCHEMA }

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
  /** The whole migration, on its first `started`: what undoes this, kept where the work is. */
  readonly undo?: JournalledMigration
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
export function writerOf(
  actor: Actor,
  {
    ledgerTable,
    missingRights,
  }: Pick<DatabaseState, 'ledgerTable'> & Partial<Pick<DatabaseState, 'missingRights'>>,
): Writer {
  if (missingRights) throw withoutRights(missingRights)
  return { ...actor, ledger: ledgerTable }
}

/** PRIVILEGE_MISSING, with the statements that give the current role what it lacks. */
export function withoutRights(run: readonly string[], cause?: unknown): MigratorError {
  const doing = 'using the ledger and the journal'
  return failure('PRIVILEGE_MISSING', { reason: 'they belong to another role', doing, run }, cause)
}

/** Grows with each column. An older journal is brought to it by the next run that changes something. */
export const JOURNAL_FORMAT = 4

const CREATE_JOURNAL = `
create table if not exists ${JOURNAL_SCHEMA}.journal (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  run uuid not null,
  event text not null,
  migration text,
  direction text check (direction in ('up', 'down')),
  phase text,
  segment integer,
  segments integer,
  mode text,
  final boolean not null default false,
  checksum text,
  statements jsonb,
  undo jsonb,
  duration_ms integer,
  lock_wait_ms integer,
  attempts integer,
  rows bigint,
  note text,
  fingerprint text,
  facts jsonb,
  ledger text,
  role text not null default current_user,
  application text not null default current_setting('application_name'),
  host text,
  tool_version text,
  build text
);
alter table ${JOURNAL_SCHEMA}.journal drop constraint if exists journal_event_check,
  add column if not exists fingerprint text, add column if not exists facts jsonb;
create table if not exists ${JOURNAL_SCHEMA}.catalogs (
  fingerprint text primary key,
  at timestamptz not null default clock_timestamp(),
  catalog text not null
);
comment on table ${JOURNAL_SCHEMA}.catalogs is 'Schemas that runs left behind, as JSON lines; the journal names them by fingerprint.';
create index if not exists journal_migration_id on ${JOURNAL_SCHEMA}.journal (migration, id);
comment on table ${JOURNAL_SCHEMA}.journal is
  'What the migrator did, in order. Format ${JOURNAL_FORMAT}. Append-only: the migrator reads it to recover.';
create or replace function ${JOURNAL_SCHEMA}.refuse_change() returns trigger language plpgsql as
  $$ begin raise exception 'the migrator''s journal is append-only'; end $$;
create or replace trigger append_only before update or delete or truncate on ${JOURNAL_SCHEMA}.journal
  for each statement execute function ${JOURNAL_SCHEMA}.refuse_change();
revoke all on schema ${JOURNAL_SCHEMA} from public;
`

/** What an older journal holds is about the one ledger that there was then. */
function addLedgerColumn(ledger: string): string {
  return `alter table ${JOURNAL_SCHEMA}.journal add column if not exists ledger text default ${escapeLiteral(ledger)},
  alter column ledger drop default;`
}

/**
 * Creates journal and ledger where they are missing, in one transaction. The lock is held by then. A
 * journal without its ledger is about a schema that somebody has dropped since: it says so from then on. Returns
 * of how many migrations.
 * Throws PRIVILEGE_MISSING.
 */
export async function createBookkeeping(
  client: Client,
  actor: Actor,
  {
    ledgerTable,
    ledgerSchema,
    exists,
  }: Pick<DatabaseState, 'ledgerTable' | 'ledgerSchema' | 'exists'>,
): Promise<number> {
  const doing = {
    doing: `creating the schema "${JOURNAL_SCHEMA}" and the table ${ledgerTable}`,
    bookkeeping: `${JOURNAL_SCHEMA}.journal`,
  }
  const create = async () => {
    for (const schema of [JOURNAL_SCHEMA, ledgerSchema]) await ensureSchema(client, schema)
    await client.query(CREATE_JOURNAL)
    await client.query(addLedgerColumn(ledgerTable))
    await client.query(createLedger(ledgerTable))
    await secureBookkeeping(client, ledgerTable)
    if (!exists.journal || !exists.ledger) await takeBackLedger(client, ledgerTable)
    // Another role may have been quicker than IF NOT EXISTS.
    await requireTrusted(client, ledgerTable)
    const isGone = exists.journal && !exists.ledger
    return isGone ? forget(client, writerOf(actor, { ledgerTable })) : 0
  }
  try {
    return await during(doing, () => inTransaction(client, create))
  } catch (error) {
    if (sqlState(error) !== '42501') throw error
    const { rows } = await client.query<{ name: string; role: string }>(
      'select current_database() as name, current_user as role',
    )
    const { name = '', role = '' } = rows[0] ?? {}
    const run = rightsToCreate(name, role, ledgerSchema)
    const reason = (error as Error).message
    throw failure('PRIVILEGE_MISSING', { reason, doing: doing.doing, run }, error)
  }
}

async function forget(client: Client, writer: Writer): Promise<number> {
  const { rows } = await client.query<{ migration: string }>(
    `select distinct migration from ${JOURNAL_SCHEMA}.journal
      where migration is not null and coalesce(ledger, $1) = $1`,
    [writer.ledger],
  )
  for (const { migration } of rows) {
    const event = { event: 'forgotten', migration, direction: 'down', final: true } as const
    await appendEntry(client, writer, event)
  }
  await leaveArchive(client, writer)
  return rows.length
}

/** What the archive has of that schema is given back only by hand: whoever dropped it meant to begin anew. */
async function leaveArchive(client: Client, { ledger }: Writer): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [`${ARCHIVE_SCHEMA}.entries`],
  )
  if (!rows[0]?.there) return
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries set note = 'the schema that it is from was dropped since'
      where ledger = $1 and note is null`,
    [ledger],
  )
}

/** IF NOT EXISTS asks for the right to create even where nothing is to be created. */
async function ensureSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ missing: boolean }>(
    'select not exists (select from pg_namespace where nspname = $1) as missing',
    [schema],
  )
  if (rows[0]?.missing) await client.query(`create schema ${quoteName(schema)}`)
}

const INSERT_ENTRY = `insert into ${JOURNAL_SCHEMA}.journal (run, event, migration, direction, phase, segment, segments, mode, final,
       checksum, statements, undo, duration_ms, lock_wait_ms, attempts, rows, note, fingerprint, facts, ledger, host, tool_version, build)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`

/** Appends one row. Inside a transaction of the caller it is part of it. */
export async function appendEntry(
  client: Pick<Client, 'query'>,
  writer: Writer,
  entry: JournalEntry,
): Promise<void> {
  const doing = { doing: 'writing the journal', bookkeeping: `${JOURNAL_SCHEMA}.journal` }
  const values = [
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
    entry.undo && JSON.stringify(entry.undo),
    entry.durationMs && Math.round(entry.durationMs),
    entry.lockWaitMs && Math.round(entry.lockWaitMs),
    entry.attempts,
    entry.rows,
    // The message of any error, and PostgreSQL keeps no NUL.
    entry.note?.replaceAll('\0', ''),
    entry.fingerprint,
    entry.facts && JSON.stringify(entry.facts),
    writer.ledger,
    hostname(),
    writer.toolVersion,
    writer.build,
  ]
  await during(doing, () => client.query(INSERT_ENTRY, values))
}
