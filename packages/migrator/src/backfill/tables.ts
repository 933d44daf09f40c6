import type { ClientBase } from 'pg'
import type { BackfillProgress } from '../gate/history.ts'
import { BACKFILLS, JOURNAL_SCHEMA } from '../journal/names.ts'
import { inTransaction } from '../session/transaction.ts'

/**
 * The ranges of keys that are not done, a row each. Who works on one has locked its row, and removes it in the transaction
 * of the batch: where the worker dies, the range is there for another one.
 */
export const RANGES = `${JOURNAL_SCHEMA}.backfill_ranges`

const CREATE = `
create table if not exists ${BACKFILLS} (
  ledger text not null,
  migration text not null,
  checksum text not null,
  state text not null check (state in ('running', 'paused', 'done')),
  pass integer not null default 1,
  reached jsonb,
  walk_end jsonb,
  is_walked boolean not null default false,
  seen bigint not null default 0,
  changed bigint not null default 0,
  estimate bigint not null,
  began_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  pressure jsonb,
  primary key (ledger, migration)
);
create table if not exists ${RANGES} (
  id bigint generated always as identity primary key,
  ledger text not null,
  migration text not null,
  checksum text not null,
  low jsonb,
  high jsonb not null,
  size integer not null,
  not_before timestamptz not null default clock_timestamp(),
  tries integer not null default 0
);
create index if not exists backfill_ranges_of on ${RANGES} (ledger, migration, not_before);
comment on table ${BACKFILLS} is 'Backfills that were begun, and how far they have come.';
comment on table ${RANGES} is 'Ranges of keys that a backfill has still to do; a worker locks the row of its range.';
`

/** Which backfill of which project. */
export interface BackfillKey {
  /** As the journal names it. */
  readonly ledger: string
  readonly migration: string
  readonly checksum: string
}

/** How far a backfill has come. */
export interface BackfillState extends BackfillProgress {
  readonly checksum: string
  /** What a worker has measured last; null before the first look. */
  readonly pressure: unknown
}

const COLUMNS = `migration, checksum, state, pass, seen::float8 as seen, changed::float8 as changed, estimate::float8 as estimate,
  to_char(began_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "beganAt",
  to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "changedAt", pressure`

/** The backfills of a project; none where none was ever begun. */
export async function readBackfills(client: ClientBase, ledger: string): Promise<BackfillState[]> {
  const { rows: there } = await client.query<{ isThere: boolean }>(
    `select to_regclass('${BACKFILLS}') is not null as "isThere"`,
  )
  if (!there[0]?.isThere) return []
  const { rows } = await client.query<BackfillState>(
    `select ${COLUMNS} from ${BACKFILLS} where ledger = $1 order by began_at, migration`,
    [ledger],
  )
  return rows
}

/**
 * Begins a backfill, or goes on with one that was interrupted. Of one that was done it is found out again whether anything
 * remains: it may have been reverted since. The migration lock is held.
 */
export async function beginBackfill(
  client: ClientBase,
  { ledger, migration, checksum }: BackfillKey,
  estimate: number,
): Promise<void> {
  await inTransaction(client, async () => {
    await client.query(CREATE)
    // In the order in which a worker locks them, so that it ends its batch first.
    for (const books of [RANGES, BACKFILLS])
      await client.query(
        `delete from ${books} where ledger = $1 and migration = $2 and checksum <> $3`,
        [ledger, migration, checksum],
      )
    await client.query(
      `insert into ${BACKFILLS} (ledger, migration, checksum, state, estimate)
       values ($1, $2, $3, 'running', $4)
       on conflict (ledger, migration) do update set state = 'running', is_walked = true, pass = 0 where ${BACKFILLS}.state = 'done'`,
      [ledger, migration, checksum, estimate],
    )
  })
}

/** Pauses or resumes backfills that are not done; returns those that this has changed. */
export async function setPaused(
  client: ClientBase,
  { ledger, migration }: Pick<BackfillKey, 'ledger'> & { readonly migration: string | undefined },
  isPaused: boolean,
): Promise<string[]> {
  const { rows } = await client.query<{ migration: string }>(
    `update ${BACKFILLS} set state = $3 where ledger = $1 and state = $4 and ($2::text is null or migration = $2)
     returning migration`,
    [ledger, migration ?? null, ...(isPaused ? ['paused', 'running'] : ['running', 'paused'])],
  )
  return rows.map((row) => row.migration)
}
