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

/** SQL: the format of the journal as JSON; NULL where there is no journal. Its name tells where its comment is lost. */
export const FORMAT = `(
  select json_build_object(
           'number', coalesce(substring(said from 'Format ([0-9]+)')::integer,
                              case when ${selectOid(JOURNAL_SCHEMA, JOURNAL_TABLE)} is null then 1 else ${RENAMED_FORMAT} end),
           'since', substring(said from 'version ([0-9.]+[0-9])'))
    from (select ${JOURNAL_OID} as oid) as journal cross join obj_description(oid, 'pg_class') as said
   where oid is not null)`

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
