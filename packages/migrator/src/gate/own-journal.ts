import { JOURNAL } from '../journal/names.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'

/**
 * SQL: of the journal what is about one ledger, as the common table expressions `own` and `journal`. The name of the
 * ledger is quoted. What calls it qualifies whatever it names: it runs on the search path of the application.
 */
export function ownJournal(ledger: string, columns: string): string {
  return `own as (
    select pg_catalog.format('"%s"."%s"', pg_catalog.replace(n.nspname, '"', '""'), pg_catalog.replace(c.relname, '"', '""')) as ledger
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.oid operator(pg_catalog.=) ${quoteLiteral(ledger)}::pg_catalog.regclass
  ), journal as (
    select ${columns}
      from ${JOURNAL} j join own on own.ledger = coalesce(j.ledger, own.ledger)
  )`
}
