import type { ClientBase } from 'pg'
import { EMPTY_STATE, type DatabaseState, type LedgerName } from '../database-state.ts'
import { during } from '../session/during.ts'
import { failure } from '../errors/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { authorsSchemas } from '../session/author.ts'
import { journalIn } from './former-words.ts'
import { withoutRights, withoutSight } from './journal.ts'
import { refuseNewerFormat } from './format.ts'
import { refuseStranger } from './search-path.ts'
import {
  locateQuery,
  mayBeJudged,
  stateQuery,
  UNJUDGED,
  type Located,
  type StateRow,
} from './state-query.ts'
import { refuseUntrusted } from './trust.ts'
import { askAgain } from '../session/prepared.ts'

/**
 * Reads the state in two queries, or three where something about it may not be trusted, whatever the number of migrations. Writes nothing. A row of the ledger
 * that is younger than what the journal has of its migration was written by another tool, of unknown text.
 */
export async function readState(
  client: ClientBase,
  ledger: LedgerName,
  purpose: 'work' | 'look' = 'work',
): Promise<DatabaseState> {
  // Before it is a value of a query, in which PostgreSQL would refuse a NUL byte in its own words.
  quoteName(ledger.table, ledger.schema)
  const doing = 'reading ledger and journal'
  const located = await during({ doing }, () => locate(client, ledger))
  const { archive, ...empty } = toEmptyState(located, ledger)
  const { exists, ledgerTable } = empty
  // Without its ledger a journal is about a schema that has gone.
  if (!exists.ledger) {
    return { ...empty, otherLedgers: await readOtherLedgers(client, ledger, empty, purpose) }
  }
  const read = () => client.query<StateRow>(stateQuery(ledgerTable, { ...exists, archive }))
  const { rows } = await during({ doing, bookkeeping: ledgerTable }, read).catch(
    (error: unknown) => {
      throw explainUnread(client, empty, purpose, error)
    },
  )
  const row = rows[0]
  if (!row) return empty
  const state = toState(empty, row)
  if (isKnown(state)) return state
  return { ...state, otherLedgers: await readOtherLedgers(client, ledger, empty, purpose) }
}

/** Who is only to look is not told to own the bookkeeping. */
function explainUnread(
  client: ClientBase,
  { missingRights }: DatabaseState,
  purpose: 'work' | 'look',
  error: unknown,
): unknown {
  if (!missingRights) return error
  const role = 'user' in client && typeof client.user === 'string' ? client.user : ''
  return purpose === 'work'
    ? withoutRights(missingRights, error)
    : withoutSight(missingRights, role, error)
}

/** The journal knows this ledger: it has not been looked for in another place. */
export function isKnown({ completed, unfinished }: DatabaseState): boolean {
  return completed.size > 0 || unfinished.size > 0
}

export function toState(empty: DatabaseState, row: StateRow): DatabaseState {
  return {
    ...empty,
    // The stock tool has written names with an extension.
    ledger: row.ledger.map((entry) => ({
      ...entry,
      name: entry.name.replace(/\.[jt]s$/, ''),
    })),
    completed: new Map(row.completed.map((entry) => [entry.migration, entry])),
    squashed: new Map(Object.entries(row.squashed ?? {})),
    unfinished: Map.groupBy(row.unfinished, (entry) => entry.migration),
    seeded: row.seeded ?? undefined,
    adopting: row.adopting ?? undefined,
    catalog: row.catalog ?? undefined,
    changeMarker: row.left?.changeMarker,
    unmanaged: row.left?.unmanaged ?? [],
    archived: row.archived,
    hasPrepared: row.prepared,
  }
}

/** A search path that has changed leads to another ledger, or to none: the journal knows which one was used. */
async function readOtherLedgers(
  client: ClientBase,
  { schema }: LedgerName,
  state: DatabaseState,
  purpose: 'work' | 'look',
): Promise<DatabaseState['otherLedgers']> {
  const { exists, ledgerTable } = state
  if (schema !== undefined || !exists.journal) return {}
  const read = () =>
    client.query<{ ledgers: DatabaseState['otherLedgers'] | null }>(
      `with last as (
         select distinct on (ledger, migration) ledger, migration, direction from ${journalIn(exists)}
          where final and ledger <> $1 order by ledger, migration, journal.id desc
       ), applied as (
         select ledger, json_agg(migration) as migrations from last
          where direction = 'up' and ledger in (
            select format('"%s"."%s"', replace(nspname, '"', '""'), replace(relname, '"', '""'))
              from pg_class join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'p'))
          group by ledger
       )
       select json_object_agg(ledger, migrations) as ledgers from applied`,
      [ledgerTable],
    )
  const { rows } = await during({ doing: 'reading the journal' }, read).catch((error: unknown) => {
    throw explainUnread(client, state, purpose, error)
  })
  return rows[0]?.ledgers ?? {}
}

async function locate(client: ClientBase, { schema, table }: LedgerName): Promise<Located> {
  const ask = async (query: string): Promise<Located> => {
    const { rows } = await askAgain<Located>(client, query, [table, schema, authorsSchemas(client)])
    if (!rows[0]) throw new Error('PostgreSQL answered without a row')
    return rows[0]
  }
  const may = mayBeJudged('$3', '(select oid from ledgers)')
  const first = await ask(locateQuery('$1', '$2', '$3', UNJUDGED, may))
  return first.suspect ? ask(locateQuery('$1', '$2', '$3')) : first
}

/**
 * What is known before ledger and journal are read. Throws JOURNAL_NEWER, PATH_UNTRUSTED, BOOKKEEPING_UNTRUSTED: then
 * they must not be.
 */
export function toEmptyState(
  located: Located,
  { table }: LedgerName,
): DatabaseState & { readonly archive: boolean } {
  const { ledger, journal, archive, format, disposable, stranger, distrust } = located
  refuseNewerFormat(format)
  refuseStranger(stranger)
  refuseUntrusted(distrust)
  // In any other schema it would not be found again once the path leads somewhere.
  const { home } = located
  if (home === null) throw failure('PATH_LEADS_NOWHERE', { table })
  return {
    ...EMPTY_STATE,
    ledgerTable: quoteName(table, home),
    ledgerSchema: home,
    exists: { ledger, journal, format: format?.number ?? 0 },
    isDisposable: disposable,
    missingRights: located.missingRights ?? undefined,
    archive,
  }
}
