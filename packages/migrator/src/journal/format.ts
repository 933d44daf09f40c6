import { failure } from '../errors/index.ts'
import { VERSION } from '../version.ts'
import { JOURNAL_FORMAT, JOURNAL_SCHEMA, JOURNAL_TABLE, RENAMED_FORMAT } from './names.ts'
import { JOURNAL_OID, selectOid } from './rights.ts'

/** What a journal says of its format, in a comment: it can be read before anything else of it is known. */
export interface JournalFormat {
  readonly number: number
  /** The first version of the migrator that knows it. */
  readonly since: string | null
}

/**
 * SQL: the format of the journal as JSON; NULL where there is no journal. Its name tells where its comment is lost.
 * Each question is asked once: what is not materialized is planned wherever it is named.
 */
export const FORMAT = `(
  with found as materialized (select ${JOURNAL_OID} as journal),
       comment as materialized (
         select (select description from pg_description
                  where objoid = journal and classoid = 'pg_class'::regclass and objsubid = 0) as said
           from found where journal is not null)
  select json_build_object(
           'number', coalesce(substring(said from 'Format ([0-9]+)')::integer,
                              case when ${selectOid(JOURNAL_SCHEMA, JOURNAL_TABLE)} is null then 1 else ${RENAMED_FORMAT} end),
           'since', substring(said from 'version ([0-9.]+[0-9])'))
    from comment)`

/** Throws JOURNAL_NEWER: of a format that is not known nothing can be relied upon. */
export function refuseNewerFormat(format: JournalFormat | null | undefined): void {
  if (!format || format.number <= JOURNAL_FORMAT) return
  const since = format.since ?? `later than ${VERSION}`
  throw failure('JOURNAL_NEWER', {
    format: format.number,
    known: JOURNAL_FORMAT,
    version: VERSION,
    since,
  })
}
