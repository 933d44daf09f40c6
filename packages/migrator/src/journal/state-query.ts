import { quoteLiteral } from '../sql/quote-literal.ts'
import type {
  AdoptionRecord,
  DatabaseState,
  LedgerRow,
  MissingRight,
  OpenEntry,
} from '../database-state.ts'
import type { Direction, ReplacedMigration } from '../migration.ts'
import { FORMAT, type JournalFormat } from './format.ts'
import { journalIn } from './former-words.ts'
import { ARCHIVE_SCHEMA } from './names.ts'
import { JOURNAL_OID, lacksRights, missingRights, selectOid } from './rights.ts'
import { mayBeStrange, strangerOnPath, type PathStranger } from './search-path.ts'
import { findDistrust, mayBeDistrusted, type Distrust } from './trust.ts'

/**
 * SQL: where ledger and journal are, and whether they can be trusted, as a row of Located. The arguments are SQL too:
 * name and schema of the ledger, and the schemas of the author's search path, where a ledger without a schema is found,
 * or would be made.
 */
export function locateQuery(
  table: string,
  schema: string,
  schemas: string,
  { stranger, distrust, rights }: Judgments = judgments(schemas, '(select oid from ledgers)'),
  isSuspect = 'false',
): string {
  return `with path as (select array_position(names, n.nspname::text) as place, n.nspname::text as name, n.oid
                     from (select coalesce(${schemas}::text[], current_schemas(false)::text[]) as names) as author
                     join pg_namespace n on n.nspname::text = any (case when ${schema}::text is null then names else array[${schema}] end)),
          ledgers as (select path.name, c.oid from path join pg_class c on c.relnamespace = path.oid and c.relname = ${table}
                       order by place limit 1)
     select exists (select from ledgers) as ledger, (select oid from ledgers) as oid, ${JOURNAL_OID} is not null as journal,
            ${selectOid(ARCHIVE_SCHEMA, 'entries')} is not null as archive,
            ${FORMAT} as format,
            coalesce(${schema}, (select name from ledgers), (select name from path order by place limit 1)) as home,
            coalesce(nullif(current_setting('migrator.disposable', true), '')::boolean, false) as disposable,
            ${isSuspect} as suspect, ${stranger} as stranger, ${distrust} as distrust, ${rights} as "missingRights"`
}

/** SQL: what keeps ledger and journal from being read. */
export interface Judgments {
  readonly stranger: string
  readonly distrust: string
  readonly rights: string
}

/** Before anybody has looked. */
export const UNJUDGED: Judgments = {
  stranger: 'null::json',
  distrust: `'[]'::json`,
  rights: 'null::json',
}

/** SQL: false only where the judgments find nothing, at a quarter of their cost. `ledger` is an expression for its OID. */
export function mayBeJudged(schemas: string, ledger: string): string {
  return `(${mayBeStrange(`${schemas}::text[]`)} or ${mayBeDistrusted(ledger)} or ${lacksRights(ledger)})`
}

/** `ledger` is an expression for the ledger's OID. */
export function judgments(schemas: string, ledger: string): Judgments {
  return {
    stranger: strangerOnPath(`${schemas}::text[]`),
    distrust: findDistrust(ledger),
    rights: missingRights(ledger),
  }
}

export interface Located {
  readonly ledger: boolean
  readonly journal: boolean
  readonly archive: boolean
  readonly format: JournalFormat | null
  readonly home: string | null
  readonly disposable: boolean
  /** The judgments may find something. */
  readonly suspect: boolean
  readonly stranger: PathStranger | null
  readonly distrust: readonly Distrust[]
  readonly missingRights: readonly MissingRight[] | null
}

export interface StateRow {
  readonly ledger: LedgerRow[]
  readonly completed: { migration: string; direction: Direction; checksum: string | null }[]
  readonly squashed: Readonly<Record<string, readonly ReplacedMigration[]>> | null
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
         where note is null and ledger = ${quoteLiteral(ledgerTable)}
           and exists (select from journal where event = 'archived' and journal.run = entries.run))`
}

function isPreparedIn(ledgerTable: string): string {
  return `exists (select from ${ARCHIVE_SCHEMA}.entries
         where ledger = ${quoteLiteral(ledgerTable)} and to_jsonb(entries)->'facts' ? 'prepared')`
}

/** SQL: what ledger and journal say, as a StateRow. */
export function stateQuery(
  ledgerTable: string,
  exists: DatabaseState['exists'] & { readonly archive: boolean },
): string {
  const ledger = `(select coalesce(json_agg(json_build_object('name', name, 'executedAt', executed_at) order by id), '[]') from ${ledgerTable})`
  if (!exists.journal)
    return `select ${ledger} as ledger, '[]'::json as completed, null as squashed, '[]'::json as unfinished, null as seeded, null as catalog, null as "left", null as adopting, '[]'::json as archived, false as prepared`
  const all = journalIn(exists)
  const ours = `where coalesce(ledger, ${quoteLiteral(ledgerTable)}) = ${quoteLiteral(ledgerTable)}`
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
           (select json_object_agg(j.migration, j.facts->'replaces') from journal j join last using (id)
             where j.event = 'rollup-recorded' and j.direction = 'up') as squashed,
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
