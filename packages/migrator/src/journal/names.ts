/** The schema of everything that is the migrator's own. It is no part of the application's schema. */
export const JOURNAL_SCHEMA = 'migrator'

/** Where what `down` took away is kept. Only the migrator's role may look into it. */
export const ARCHIVE_SCHEMA = 'migrator_archive'
