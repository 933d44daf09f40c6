import type { Client } from 'pg'
import type { DatabaseState, LedgerName } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Actor } from '../session/actor.ts'
import { sqlState } from '../session/connect.ts'
import { during } from '../session/during.ts'
import { inTransaction } from '../session/transaction.ts'
import { quoteName } from '../sql/quote-name.ts'
import { appendEntry, hasRelation, toWriter, type Writer } from './journal.ts'
import { FORMAT, refuseNewerFormat, type JournalFormat } from './format.ts'
import { createLedger } from './ledger.ts'
import { ARCHIVE_SCHEMA, JOURNAL, JOURNAL_FORMAT, JOURNAL_SCHEMA } from './names.ts'
import { rightsToCreate, rightsToUpgrade, secureBookkeeping, takeBackLedger } from './rights.ts'
import { readState } from './state.ts'
import { refuseTypeOfName, requireTrusted } from './trust.ts'
import { FINISH_JOURNAL, grantGateOfAll, upgradeJournal } from './upgrade.ts'

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

/**
 * The same for a command that has nothing to write where there is no journal: an older one is brought to the present
 * format, and nothing is created.
 */
export async function upgradeBookkeeping(
  client: Client,
  actor: Actor,
  ledger: LedgerName,
  state: DatabaseState,
): Promise<DatabaseState> {
  const { exists } = state
  if (!exists.journal || !exists.ledger) return state
  return (await ensureBookkeeping(client, actor, ledger, state)).state
}

/** The same for a command that is about no project, and so about no ledger. The migration lock is held. */
export async function upgradeForAllProjects(client: Client): Promise<void> {
  const { rows } = await client.query<{ format: JournalFormat | null }>(
    `select ${FORMAT} as format`,
  )
  const format = rows[0]?.format
  refuseNewerFormat(format)
  if (!format || format.number >= JOURNAL_FORMAT) return
  await inTransaction(client, async () => {
    await upgradeJournal(client, undefined, format.number)
    await client.query(CREATE_JOURNAL)
    await grantGateOfAll(client)
    await secureBookkeeping(client, undefined)
    await requireTrusted(client)
  })
}

const CREATE_JOURNAL = `
create table if not exists ${JOURNAL} (
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
  definition jsonb,
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
create table if not exists ${JOURNAL_SCHEMA}.catalogs (
  fingerprint text primary key,
  at timestamptz not null default clock_timestamp(),
  catalog text not null
);
comment on table ${JOURNAL_SCHEMA}.catalogs is 'Schemas that runs left behind, as JSON lines; the journal names them by fingerprint.';
${FINISH_JOURNAL}revoke all on schema ${JOURNAL_SCHEMA} from public;
`

/**
 * Creates journal and ledger where they are missing, in one transaction. The lock is held by then. A
 * journal without its ledger is about a schema that was dropped since: it says so from then on. Returns
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
  const isOlder = exists.journal && exists.format < JOURNAL_FORMAT
  const doing = {
    doing: isOlder
      ? `bringing the journal to format ${JOURNAL_FORMAT}`
      : `creating the schema "${JOURNAL_SCHEMA}" and the table ${ledgerTable}`,
    bookkeeping: JOURNAL,
  }
  const create = async () => {
    for (const schema of [JOURNAL_SCHEMA, ledgerSchema]) await ensureSchema(client, schema)
    if (isOlder) await upgradeJournal(client, ledgerTable, exists.format)
    await client.query(CREATE_JOURNAL)
    await grantGateOfAll(client)
    await refuseTypeOfName(client, ledgerTable)
    await during({ ...doing, bookkeeping: ledgerTable }, () =>
      client.query(createLedger(ledgerTable)),
    )
    await secureBookkeeping(client, ledgerTable)
    if (!exists.journal || !exists.ledger) await takeBackLedger(client, ledgerTable)
    // Another role may have been quicker than IF NOT EXISTS.
    await requireTrusted(client, ledgerTable)
    const isGone = exists.journal && !exists.ledger
    return isGone ? recordDroppedLedger(client, toWriter(actor, { ledgerTable })) : 0
  }
  try {
    return await during(doing, () => inTransaction(client, create))
  } catch (error) {
    if (sqlState(error) !== '42501') throw error
    const run = await (isOlder ? rightsToUpgrade(client) : rightsToCreate(client, ledgerSchema))
    const reason = (error as Error).message
    throw failure('PRIVILEGE_MISSING', { reason, doing: doing.doing, run }, error)
  }
}

async function recordDroppedLedger(client: Client, writer: Writer): Promise<number> {
  const { rows } = await client.query<{ migration: string }>(
    `select distinct migration from ${JOURNAL}
      where migration is not null and coalesce(ledger, $1) = $1`,
    [writer.ledger],
  )
  for (const { migration } of rows) {
    const event = { event: 'ledger-dropped', migration, direction: 'down', final: true } as const
    await appendEntry(client, writer, event)
  }
  await leaveArchive(client, writer)
  return rows.length
}

/** What the archive has of that schema is restored only by hand: whoever dropped it meant to start again. */
async function leaveArchive(client: Client, { ledger }: Writer): Promise<void> {
  if (!(await hasRelation(client, `${ARCHIVE_SCHEMA}.entries`))) return
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
