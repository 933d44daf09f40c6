import { escapeLiteral, type ClientBase } from 'pg'
import {
  EMPTY_STATE,
  type AdoptionRecord,
  type DatabaseState,
  type LedgerName,
  type LedgerRow,
  type OpenEntry,
} from '../database-state.ts'
import type { Direction } from '../migration.ts'
import { during } from '../session/during.ts'
import { quoteName } from '../sql/quote-name.ts'
import { authorsSchemas } from '../session/author.ts'
import { journalIn } from './former-words.ts'
import { withoutRights } from './journal.ts'
import { FORMAT, refuseNewerFormat, type JournalFormat } from './format.ts'
import { ARCHIVE_SCHEMA } from './names.ts'
import { JOURNAL_OID, missingRights, oidOf } from './rights.ts'
import { refuseStranger, strangerOnPath, type PathStranger } from './search-path.ts'
import { distrustOf, refuseUntrusted, type Distrust } from './trust.ts'

/**
 * Reads the state in two queries, whatever the number of migrations. Writes nothing. A row of the ledger
 * that is younger than what the journal has of its migration was written by another tool, of unknown text.
 */
export async function readState(client: ClientBase, ledger: LedgerName): Promise<DatabaseState> {
  // Before it is a value of a query, in which PostgreSQL would refuse a NUL byte in its own words.
  quoteName(ledger.table, ledger.schema)
  const doing = 'reading ledger and journal'
  const located = await during({ doing }, () => locate(client, ledger))
  const { ledgerTable, ledgerSchema, archive, isDisposable, missingRights, ...exists } = located
  const nothing = { ...EMPTY_STATE, ledgerTable, ledgerSchema, exists, isDisposable, missingRights }
  // Without its ledger a journal is about a schema that has gone.
  if (!exists.ledger) {
    return { ...nothing, otherLedgers: await readOtherLedgers(client, ledger, nothing) }
  }
  const read = () => client.query<StateRow>(stateQuery(ledgerTable, { ...exists, archive }))
  const { rows } = await during({ doing, bookkeeping: ledgerTable }, read).catch(
    (error: unknown) => {
      throw missingRights ? withoutRights(missingRights, error) : error
    },
  )
  const row = rows[0]
  if (!row) return nothing
  const isKnown = row.completed.length > 0 || row.unfinished.length > 0
  return {
    ledgerTable,
    ledgerSchema,
    exists,
    isDisposable,
    missingRights,
    // The stock tool has written names with an extension.
    ledger: row.ledger.map((entry) => ({
      ...entry,
      name: entry.name.replace(/\.[jt]s$/, ''),
    })),
    otherLedgers: isKnown ? {} : await readOtherLedgers(client, ledger, nothing),
    completed: new Map(row.completed.map((entry) => [entry.migration, entry])),
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
  { exists, ledgerTable, missingRights }: DatabaseState,
): Promise<DatabaseState['otherLedgers']> {
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
    throw missingRights ? withoutRights(missingRights, error) : error
  })
  return rows[0]?.ledgers ?? {}
}

/** The search path is the author's: where a ledger without a schema is found, or would be made. */
async function locate(client: ClientBase, { schema, table }: LedgerName) {
  const { rows } = await client.query<Located>(
    `with path as (select array_position(names, n.nspname::text) as place, n.nspname::text as name, n.oid
                     from (select coalesce($3::text[], current_schemas(false)::text[]) as names) as author
                     join pg_namespace n on n.nspname::text = any (case when $2::text is null then names else array[$2] end)),
          ledgers as (select path.name, c.oid from path join pg_class c on c.relnamespace = path.oid and c.relname = $1
                       order by place limit 1)
     select exists (select from ledgers) as ledger, ${JOURNAL_OID} is not null as journal,
            ${oidOf(ARCHIVE_SCHEMA, 'entries')} is not null as archive,
            ${FORMAT} as format,
            coalesce($2, (select name from ledgers), (select name from path order by place limit 1)) as home,
            coalesce(nullif(current_setting('migrator.disposable', true), '')::boolean, false) as disposable,
            ${strangerOnPath('$3::text[]')} as stranger,
            ${distrustOf('(select oid from ledgers)')} as distrust,
            ${missingRights('(select oid from ledgers)')} as "missingRights"`,
    [table, schema, authorsSchemas(client)],
  )
  refuseNewerFormat(rows[0]?.format)
  refuseStranger(rows[0]?.stranger)
  refuseUntrusted(rows[0]?.distrust ?? [])
  const home = rows[0]?.home ?? 'public'
  return {
    ledgerTable: quoteName(table, home),
    ledgerSchema: home,
    ledger: rows[0]?.ledger ?? false,
    journal: rows[0]?.journal ?? false,
    archive: rows[0]?.archive ?? false,
    format: rows[0]?.format?.number ?? 0,
    isDisposable: rows[0]?.disposable ?? false,
    missingRights: rows[0]?.missingRights ?? undefined,
  }
}

interface Located {
  readonly ledger: boolean
  readonly journal: boolean
  readonly archive: boolean
  readonly format: JournalFormat | null
  readonly home: string | null
  readonly disposable: boolean
  readonly stranger: PathStranger | null
  readonly distrust: readonly Distrust[]
  readonly missingRights: readonly string[] | null
}

interface StateRow {
  readonly ledger: LedgerRow[]
  readonly completed: { migration: string; direction: Direction; checksum: string | null }[]
  readonly unfinished: OpenEntry[]
  readonly seeded: string | null
  readonly adopting: AdoptionRecord | null
  readonly catalog: string | null
  readonly left: { changeMarker?: string; unmanaged?: string[] } | null
  readonly archived: readonly string[]
  readonly prepared: boolean
}

/** Whatever else has been journalled since may have changed the schema. */
function schemaLeft(journal: string): string {
  return `(select case when event = 'schema-recorded' then fingerprint end from ${journal}
             where event not in ('seeded', 'adopted', 'purged') order by id desc limit 1)`
}

function factsLeft(journal: string): string {
  return `(select facts from ${journal} where event = 'schema-recorded' order by id desc limit 1)`
}

/** What was recorded when it began. */
const UNFINISHED_ADOPTION = `(select facts from journal where event = 'adopting' and id > coalesce(
              (select max(id) from journal where event = 'adopted'), 0) order by id desc limit 1)`

const REVERTED = `final and direction = 'down'`

/**
 * Since then rows may be gone that no archive has: what nobody could count, unless something was restored
 * after it, for then most probably all is there again; and what a person let go of.
 */
const LOST = `event in ('discarded', 'purged') or (${REVERTED} and facts->>'isWhole' is distinct from 'true'
              and id > coalesce((select max(id) from journal where event = 'restored'), 0))`

/** What was archived in the life of this journal, and waits for nobody. */
function waitingIn(ledgerTable: string): string {
  return `(select coalesce(json_agg(distinct migration), '[]') from ${ARCHIVE_SCHEMA}.entries
         where note is null and ledger = ${escapeLiteral(ledgerTable)}
           and exists (select from journal where event = 'archived' and journal.run = entries.run))`
}

function isPreparedIn(ledgerTable: string): string {
  return `exists (select from ${ARCHIVE_SCHEMA}.entries
         where ledger = ${escapeLiteral(ledgerTable)} and to_jsonb(entries)->'facts' ? 'prepared')`
}

function stateQuery(
  ledgerTable: string,
  exists: DatabaseState['exists'] & { readonly archive: boolean },
): string {
  const ledger = `(select coalesce(json_agg(json_build_object('name', name, 'executedAt', executed_at) order by id), '[]') from ${ledgerTable})`
  if (!exists.journal)
    return `select ${ledger} as ledger, '[]'::json as completed, '[]'::json as unfinished, null as seeded, null as catalog, null as "left", null as adopting, '[]'::json as archived, false as prepared`
  const all = journalIn(exists)
  const ours = `where coalesce(ledger, ${escapeLiteral(ledgerTable)}) = ${escapeLiteral(ledgerTable)}`
  const archived = exists.archive ? waitingIn(ledgerTable) : `'[]'::json`
  return `
    with journal as (
      select * from ${all} ${ours}
    ), executed as (
      select regexp_replace(name, '\\.[jt]s$', '') as migration, max(executed_at) as at
        from ${ledgerTable} group by 1
    ), last as (
      select migration, id, direction,
             case when executed.at > final.at then null else checksum end as checksum
        from (select distinct on (migration) * from journal where final order by migration, id desc) final
             left join executed using (migration)
    )
    select ${ledger} as ledger,
           (select coalesce(json_agg(last), '[]') from last) as completed,
           (select coalesce(json_agg(json_build_object('event', j.event, 'run', j.run, 'migration', j.migration,
                     'direction', j.direction, 'segment', j.segment, 'segments', j.segments, 'checksum', j.checksum, 'mode', j.mode,
                     'facts', j.facts,
                     'statements', coalesce(j.statements, '[]')) order by j.id), '[]')
              from journal j left join last using (migration)
             where j.migration is not null and j.event <> 'schema-recorded' and (last.id is null or j.id > last.id)) as unfinished,
           (select checksum from journal where event = 'seeded' and id > coalesce(
              (select max(id) from journal where ${LOST}), 0)
             order by id desc limit 1) as seeded,
           ${UNFINISHED_ADOPTION} as adopting,
           ${schemaLeft(all)} as catalog,
           ${factsLeft(all)} as "left",
           ${archived} as archived, ${exists.archive ? isPreparedIn(ledgerTable) : 'false'} as prepared`
}
