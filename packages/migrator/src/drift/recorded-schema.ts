import type { ClientBase } from 'pg'
import {
  CatalogError,
  fingerprint,
  parseCatalog,
  readMarker,
  serializeCatalog,
  type Catalog,
} from '../catalog/index.ts'
import type { DatabaseState, LedgerName } from '../database-state.ts'
import { readApplicationCatalog, withoutLedger } from './application-catalog.ts'
import { sqlState } from '../session/connect.ts'
import { inTransaction } from '../session/transaction.ts'
import { journalIn } from '../journal/former-words.ts'
import { appendEntry, JOURNAL_FORMAT, JOURNAL_SCHEMA, type Writer } from '../journal/journal.ts'
import { withoutDrift, type FoundDrift } from './without-drift.ts'

/** A session that locks a view's table for longer than this keeps the schema from being read. */
const LOCK_TIMEOUT_MS = 10_000

const READ_ONLY = '25006'

/**
 * Reads the schema that runs leave behind: without the ledger of this project, nor of others that the
 * journal knows, whose runs may come between. Without a project: only those of the journal.
 * Returns in words why it cannot be read where others are changing it.
 */
export async function readWatched(
  client: ClientBase,
  ledger: LedgerName | undefined,
  exists: Pick<DatabaseState['exists'], 'format'>,
): Promise<Catalog | { readonly unreadable: string }> {
  const others = exists.format === 0 ? [] : await otherLedgers(client, exists)
  await client.query(`select set_config('lock_timeout', $1, false)`, [String(LOCK_TIMEOUT_MS)])
  try {
    return others.reduce(withoutLedger, await readApplicationCatalog(client, ledger))
  } catch (error) {
    if (sqlState(error) !== '55P03' && !(error instanceof CatalogError)) throw error
    return { unreadable: (error as Error).message }
  } finally {
    await client.query(`select set_config('lock_timeout', '0', false)`).catch(() => {})
  }
}

/**
 * Journals what the schema is at the end of a run, and keeps it, once for each content. Outside of any
 * migration's transaction: reading takes as long as all of a small migration, and its locks would be held
 * for that. `unmanaged` are identities of what is there and not ours; `drift` is what nobody has accepted,
 * and stays drift. A schema that cannot be read is not journalled.
 */
export async function recordCatalog(
  client: ClientBase,
  writer: Writer,
  ledger: LedgerName | undefined,
  { migration, unmanaged, drift }: Recorded,
): Promise<void> {
  // Before the reading: a change that comes between is then looked for. Drift that stays is looked for again.
  const changeMarker = drift ? undefined : await readMarker(client)
  const read = await readWatched(client, ledger, { format: JOURNAL_FORMAT })
  if ('unreadable' in read) return
  const catalog = drift ? withoutDrift(read, drift) : read
  const found = fingerprint(catalog)
  const there = new Set(catalog.objects.map(({ identity }) => identity))
  const facts = {
    changeMarker,
    unmanaged: [...new Set(unmanaged)].filter((identity) => there.has(identity)),
  }
  await inTransaction(client, async () => {
    await client.query(
      `insert into ${JOURNAL_SCHEMA}.catalogs (fingerprint, catalog) values ($1, $2) on conflict do nothing`,
      [found, serializeCatalog(catalog)],
    )
    await appendEntry(client, writer, {
      event: 'schema-recorded',
      fingerprint: found,
      facts,
      ...(migration !== undefined && { migration }),
    })
  })
}

/** Journals another marker of the schema on record. A standby keeps what its primary has. */
export async function recordMarker(
  client: ClientBase,
  writer: Writer,
  { migration, catalog, changeMarker, unmanaged }: Marked,
): Promise<void> {
  try {
    await appendEntry(client, writer, {
      event: 'schema-recorded',
      fingerprint: catalog,
      facts: { changeMarker, unmanaged },
      ...(migration !== undefined && { migration }),
    })
  } catch (error) {
    if (sqlState(error) !== READ_ONLY) throw error
  }
}

interface Marked {
  readonly migration: string | undefined
  /** The fingerprint on record. */
  readonly catalog: string
  readonly changeMarker: string
  readonly unmanaged: readonly string[]
}

interface Recorded {
  readonly migration: string | undefined
  readonly unmanaged: readonly string[]
  readonly drift?: FoundDrift | undefined
}

/** The schema with this fingerprint; undefined where nobody kept it. */
export async function readKept(client: ClientBase, wanted: string): Promise<Catalog | undefined> {
  const { rows } = await client.query<{ catalog: string }>(
    `select catalog from ${JOURNAL_SCHEMA}.catalogs where fingerprint = $1`,
    [wanted],
  )
  return rows[0] && parseCatalog(rows[0].catalog)
}

async function otherLedgers(
  client: ClientBase,
  exists: Pick<DatabaseState['exists'], 'format'>,
): Promise<LedgerName[]> {
  const { rows } = await client.query<{ schema: string; table: string }>(
    `select n.nspname as schema, c.relname as "table"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""'))
            in (select distinct ledger from ${journalIn(exists)})`,
  )
  return rows
}
