import lock from './migrator.lock.json' with { type: 'json' }

/**
 * Whether a database is the one that this build was made for.
 * - `fits`: it has this build's migrations, and no other.
 * - `ahead`: it has others too, which leave this build working: they only expand.
 * - `behind`: it lacks some, or has one only in part.
 * - `ahead-by-contract`: it has others, and one may have taken away what this build needs.
 * - `drifted`: it has a migration in another version than this build.
 * - `unknown`: nothing tells what it is: it has no ledger, or one that the migrator did not write.
 */
export type Gate = {
  readonly state: 'fits' | 'ahead' | 'behind' | 'ahead-by-contract' | 'drifted' | 'unknown'
  /** True for `fits` and `ahead`. */
  readonly isOpen: boolean
  /** What was found and what to run, in a sentence; empty where it fits. */
  readonly reason: string
}

/** A migration that a database knows of. */
export type KnownToDatabase = {
  readonly name: string
  /** True where the ledger has it. */
  readonly applied: boolean
  /** True where some of its segments are done, or taken back, since it was last complete. */
  readonly half: boolean
  /** Of its text when it was last complete; null where the journal has none. */
  readonly checksum: string | null
  readonly phase: string | null
}

type BuiltFor = { readonly name: string; readonly checksum: string }

/**
 * Asks the database, with one query that a role needs only SELECT for: on the ledger, and on the schema
 * `migrator`. `query` runs it and returns its rows. Throws what `query` throws, but for missing tables.
 */
export async function readGate(query: (sql: string) => Promise<readonly unknown[]>): Promise<Gate> {
  try {
    return judgeGate(lock.migrations, (await query(KNOWN)) as KnownToDatabase[])
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error
    return closed('unknown', `The database has no ledger and journal of the migrator. ${STEP}`)
  }
}

/** Pure: what this build was made for × what the database knows. */
export function judgeGate(builtFor: readonly BuiltFor[], known: readonly KnownToDatabase[]): Gate {
  const found = new Map(known.map((one) => [one.name, one]))
  const own = new Set(builtFor.map(({ name }) => name))
  const applied = known.filter((one) => one.applied)
  const foreign = known.filter(({ name }) => !own.has(name))
  if (applied.length > 0 && applied.every(({ checksum }) => checksum === null)) {
    return closed(
      'unknown',
      'The migrator has not written the ledger of the database. Run: migrate status',
    )
  }
  if (foreign.length > 0 && foreign.length === known.length) {
    return closed('unknown', `The database has only migrations of another build: ${list(foreign)}.`)
  }
  const drifted = builtFor.filter(({ name, checksum }) => isOther(found.get(name), checksum))
  if (drifted.length > 0) {
    return closed(
      'drifted',
      `The database has another version of ${list(drifted)}. Run: migrate status`,
    )
  }
  const lacking = builtFor.filter(({ name }) => !isWhole(found.get(name)))
  const breaking = foreign.filter(({ phase }) => phase !== 'expand')
  const behind = lacking.length > 0 && `The database is behind: it lacks ${list(lacking)}. ${STEP}`
  const ahead = `The database is ahead: this build does not know ${list(breaking)}. Run the build that they came with.`
  if (behind) return closed('behind', breaking.length > 0 ? `${behind} ${ahead}` : behind)
  if (breaking.length > 0) return closed('ahead-by-contract', ahead)
  if (foreign.length === 0) return { state: 'fits', isOpen: true, reason: '' }
  const reason = `The database is ahead by ${list(foreign)}, which this build can work with.`
  return { state: 'ahead', isOpen: true, reason }
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01'

const STEP = 'Run the migrate step of this build.'

/**
 * On the search path of the application, where others may have put functions and operators for types that come closer:
 * whatever is not of just these types is qualified.
 *
 * Every migration that the ledger has, or of which the journal has something done. A database may have ledgers of others.
 */
const KNOWN = `
  with own as (
    select pg_catalog.format('"%s"."%s"', pg_catalog.replace(n.nspname, '"', '""'), pg_catalog.replace(c.relname, '"', '""')) as ledger
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.oid operator(pg_catalog.=) '"${lock.ledger.table}"'::pg_catalog.regclass
  ), journal as (
    select id, migration, event, final, checksum, phase
      from migrator.journal j join own on own.ledger = coalesce(j.ledger, own.ledger)
  ), last as (
    select distinct on (migration) migration, id, checksum from journal where final order by migration, id desc
  ), begun as (
    select distinct j.migration from journal j left join last using (migration)
     where j.event in ('done', 'recovered', 'settled') and not j.final and (last.id is null or j.id > last.id)
  ), ledger as (
    select distinct pg_catalog.regexp_replace(name, '\\.[cm]?[jt]s$', '') as migration from "${lock.ledger.table}"
  )
  select migration as name, ledger.migration is not null as applied, begun.migration is not null as half,
         last.checksum,
         (select phase from journal j where j.migration = known.migration and phase is not null
           order by id desc limit 1) as phase
    from (select migration from ledger union select migration from begun) as known
    left join ledger using (migration) left join begun using (migration) left join last using (migration)`

function isOther(one: KnownToDatabase | undefined, checksum: string): boolean {
  // What another tool applied has no checksum on record.
  return one !== undefined && one.applied && one.checksum !== null && one.checksum !== checksum
}

function isWhole(one: KnownToDatabase | undefined): boolean {
  return one !== undefined && one.applied && !one.half
}

function closed(state: Gate['state'], reason: string): Gate {
  return { state, isOpen: false, reason }
}

function list(migrations: readonly { readonly name: string }[]): string {
  const shown = migrations
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ')
  return migrations.length > 3 ? `${shown} and ${migrations.length - 3} more` : shown
}
