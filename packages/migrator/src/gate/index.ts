/** The gate of a service: a service asks it whether the database is the one that its build was made for. */
import { WORK_EVENTS } from '../database-state.ts'
import { quoteName } from '../sql/quote-name.ts'
import { ownJournal } from './own-journal.ts'
import {
  judgeGate,
  NO_BOOKKEEPING,
  type DatabaseMigration,
  type Gate,
  type GateManifest,
} from './judge-gate.ts'

export type { Gate, GateManifest, RequiredMigration } from './judge-gate.ts'
export {
  readHistory,
  type AppliedMigration,
  type BackfillProgress,
  type HistoryManifest,
  type SchemaHistory,
  type WaitingStep,
} from './history.ts'
export { startHeartbeat, type Heartbeat, type HeartbeatOptions } from './heartbeat.ts'
export { applicationName, revisionOf, type ChainedManifest } from './revision.ts'

/**
 * Asks a database, with one query, whether it fits the migrations of a manifest. `query` runs the query and returns
 * its rows. Its role needs SELECT on the ledger, and what `grantApplicationRole` gives it of the journal.
 * Throws what `query` throws, except for missing tables.
 *
 * @example
 * const gate = await readGate(manifest, async (sql) => (await client.query(sql)).rows)
 * if (!gate.isOpen) throw new Error(gate.reason)
 */
export async function readGate(
  { ledger, migrations, squashed }: GateManifest,
  query: (sql: string) => Promise<readonly unknown[]>,
): Promise<Gate> {
  try {
    const found = await query(knownMigrations(quoteName(ledger.table, ledger.schema)))
    return judgeGate(migrations, (found as FoundMigration[]).map(readFound), squashed)
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error
    return NO_BOOKKEEPING
  }
}

/** As text: how the service reads a boolean is its own affair. */
type FoundMigration = Omit<DatabaseMigration, 'isApplied' | 'isHalfDone' | 'isSquashed'> & {
  readonly isApplied: string
  readonly isHalfDone: string
  readonly isSquashed: string
}

const readFound = (found: FoundMigration): DatabaseMigration => ({
  ...found,
  isApplied: found.isApplied === 'true',
  isHalfDone: found.isHalfDone === 'true',
  isSquashed: found.isSquashed === 'true',
})

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01'

/**
 * Every migration that the ledger has, or of which the journal has something done. A database may have ledgers of
 * other projects.
 *
 * The query runs on the search path of the application, where others may have put functions and operators that match
 * the arguments more closely: whatever takes another type than these is qualified.
 */
function knownMigrations(ledger: string): string {
  return `
  with ${ownJournal(ledger, 'id, migration, event, final, checksum, phase')}, last as (
    select distinct on (migration) migration, id, checksum from journal where final order by migration, id desc
  ), begun as (
    select distinct j.migration from journal j left join last using (migration)
     where j.event in (${WORK_EVENTS.map((event) => `'${event}'`).join(', ')}) and not j.final and (last.id is null or j.id > last.id)
  ), ledger as (
    select distinct pg_catalog.regexp_replace(name, '\\.[cm]?[jt]s$', '') as migration from ${ledger}
  ), squashed as (
    select migration, checksum
      from (select distinct on (migration) migration, event, final, checksum from journal order by migration, id desc) as newest
     where event = 'rollup-recorded' and not final and migration not in (select migration from ledger)
  )
  select migration as name, (ledger.migration is not null or squashed.migration is not null)::pg_catalog.text as "isApplied", (begun.migration is not null)::pg_catalog.text as "isHalfDone",
         (squashed.migration is not null)::pg_catalog.text as "isSquashed", coalesce(squashed.checksum, last.checksum) as checksum,
         (select phase from journal j where j.migration = known.migration and phase is not null and event not in ('started', 'failed')
           order by id desc limit 1) as phase
    from (select migration from ledger union select migration from begun union select migration from squashed) as known
    left join ledger using (migration) left join begun using (migration) left join last using (migration)
    left join squashed using (migration)`
}
