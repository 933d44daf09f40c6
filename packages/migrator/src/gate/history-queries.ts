import { WORK_EVENTS } from '../database-state.ts'
import { BACKFILLS, REVISION } from '../journal/names.ts'
import { ownJournal } from './own-journal.ts'

/** SQL: the rows of a query as one text, `found`, of a JSON array. */
function asText(rows: string, item: string): string {
  return `select pg_catalog.json_agg(${item})::pg_catalog.text as found from (${rows}) as found`
}

const moment = (value: string) => `pg_catalog.to_json(${value})`

/** What the ledger has, with what the journal knows of the work: since the completion before, where it was reverted. */
export function appliedQuery(ledger: string): string {
  const work = WORK_EVENTS.map((event) => `'${event}'`).join(', ')
  return `with ${ownJournal(ledger, 'id, migration, event, final, phase, duration_ms')}, final as (
      select migration, id, pg_catalog.lag(id) over (partition by migration order by id) as before,
             pg_catalog.row_number() over (partition by migration order by id desc) as age
        from journal where final
    ), ledger as (
      select pg_catalog.regexp_replace(name, '\\.[cm]?[jt]s$', '') as migration, executed_at, id from ${ledger}
    ), squashed as (
      select migration from (select distinct on (migration) migration, event, final from journal order by migration, id desc) as newest
       where event = 'rollup-recorded' and not final and migration not in (select migration from ledger)
    ), rows as (
      select l.migration, l.executed_at, l.id, false as is_squashed from ledger l
       union all select migration, null, null, true from squashed
    ), found as (
      select r.*, (select phase from journal j where j.migration = r.migration and phase is not null order by id desc limit 1) as phase,
             (select pg_catalog.sum(duration_ms) from journal j
               where j.migration = r.migration and event in (${work}) and j.id <= f.id and j.id > coalesce(f.before, 0)) as duration
        from rows r left join final f on f.migration = r.migration and f.age = 1 order by r.id nulls last
    )
    ${asText(
      'select * from found',
      `pg_catalog.json_build_object('name', migration, 'appliedAt', executed_at, 'phase', phase, 'durationMs', duration, 'isSquashed', is_squashed)`,
    )}`
}

/** When drift was last allowed. */
export const driftQuery = (ledger: string): string =>
  `with ${ownJournal(ledger, 'id, event, at')}
   ${asText(
     `select at from journal where event = 'drift-allowed' order by id desc limit 1`,
     moment('at'),
   )}`

/** The names of the sessions that carry a revision: every role may see them. */
export const SERVICES_QUERY: string = asText(
  `select distinct application_name as name from pg_catalog.pg_stat_activity
    where datname = pg_catalog.current_database() and application_name ~ '${REVISION}' order by 1`,
  'name',
)

export const backfillsQuery = (ledger: string): string =>
  `with ${ownJournal(ledger, 'id')}
   ${asText(
     `select b.* from (select migration, state, pass, seen, changed, estimate, began_at, changed_at, ledger from ${BACKFILLS}) as b
       join own using (ledger) order by began_at`,
     `pg_catalog.json_build_object('migration', migration, 'state', state, 'pass', pass, 'seen', seen, 'changed', changed,
       'estimate', estimate, 'beganAt', began_at, 'changedAt', changed_at)`,
   )}`
