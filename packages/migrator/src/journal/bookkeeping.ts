import { escapeLiteral, type Client } from 'pg'
import type { DatabaseState, LedgerName } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Actor } from '../session/actor.ts'
import { sqlState } from '../session/connect.ts'
import { during } from '../session/during.ts'
import { inTransaction } from '../session/transaction.ts'
import { quoteName } from '../sql/quote-name.ts'
import { appendEntry, JOURNAL_FORMAT, writerOf, type Writer } from './journal.ts'
import { createLedger } from './ledger.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from './names.ts'
import { rightsToCreate, secureBookkeeping, takeBackLedger } from './rights.ts'
import { readState } from './state.ts'
import { requireTrusted } from './trust.ts'

/**
 * Creates ledger and journal where they are missing, and brings an older journal to the present format. Returns the
 * state after that, and how many migrations the journal had whose ledger has been dropped since. The migration lock is held.
 * Throws PRIVILEGE_MISSING, BOOKKEEPING_UNTRUSTED.
 */
export async function ensureBookkeeping(
  client: Client,
  actor: Actor,
  ledger: LedgerName,
  state: DatabaseState,
): Promise<{ readonly state: DatabaseState; readonly dropped: number }> {
  if (state.exists.ledger && state.exists.format >= JOURNAL_FORMAT) return { state, dropped: 0 }
  const dropped = await createBookkeeping(client, actor, state)
  return { state: await readState(client, ledger), dropped }
}

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
async function createBookkeeping(
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
