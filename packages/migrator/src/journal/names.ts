/** The schema of everything that is the migrator's own. It is no part of the application's schema. */
export const JOURNAL_SCHEMA = 'migrator'

export const JOURNAL_TABLE = 'history'

/** The journal: what happened, in order. */
export const JOURNAL = `${JOURNAL_SCHEMA}.${JOURNAL_TABLE}`

/**
 * The journal up to format 4. Since then a view of the journal in the words of that format: services of the release
 * before read it. It goes with the next release.
 */
export const FORMER_TABLE = 'journal'
export const FORMER_JOURNAL = `${JOURNAL_SCHEMA}.${FORMER_TABLE}`

/** Grows with each change of the journal. `upgradeJournal` brings an older one to it. */
export const JOURNAL_FORMAT = 8

/** Since this one the journal has its present name and words. Format 6 has added the table of running instances, 7 and 8 how their heartbeats are counted. */
export const RENAMED_FORMAT = 5

/** The first version of this package that knows the format. It is in the journal's comment, for older versions to name. */
export const FORMAT_SINCE = '0.2.0'

/** Where what `down` took away is kept. Only the migrator's role may look into it. */
export const ARCHIVE_SCHEMA = 'migrator_archive'

/** What a service reads of the journal, for its gate and for its operators. The texts of statements are not in it: they may hold passwords. */
export const GATE_COLUMNS = 'id, at, migration, event, final, checksum, phase, duration_ms, ledger'

/** The backfills that were begun, a row each. */
export const BACKFILLS = `${JOURNAL_SCHEMA}.backfills`

/** What a service may read of them: how far each is, and no value of a key. */
export const BACKFILL_COLUMNS =
  'ledger, migration, state, pass, seen, changed, estimate, began_at, changed_at'

/** The running instances of services, a row each. Only HEARTBEAT writes it. */
export const INSTANCES_TABLE = 'instances'
export const INSTANCES = `${JOURNAL_SCHEMA}.${INSTANCES_TABLE}`

/** By which an instance says that it runs; without an application, that it has stopped. */
export const HEARTBEAT = `${JOURNAL_SCHEMA}.heartbeat`

/** Seconds for which a sign of life counts. */
export const LIFE_SECONDS = 60

/** How the name of an application ends that carries a revision: a pattern for PostgreSQL and for JavaScript. */
export const REVISION = '/([0-9a-f]{12})$'
