import type { Client } from 'pg'
import { COUNTING_WAITS_MS } from '../archive/losses.ts'
import { toIdentity } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { lockTargets, meantBy } from '../locks/lock-targets.ts'
import { DEFAULT_SCHEMA, type Migration, type Statement } from '../migration.ts'
import { isHalfDone, listStatements } from '../plan/progress.ts'
import { catalogAfter } from '../project/catalog-after.ts'
import { openProject } from '../project/open.ts'
import type { Project, RunnableProject } from '../project/project.ts'
import { withRunnable } from '../project/runnable.ts'
import { readState } from '../journal/state.ts'
import { findHazards } from '../run/hazards.ts'
import { readRequirements } from '../run/requirements.ts'
import { isConnectionLost, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { showServer } from '../session/database-url.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import type { Against, LockAgainst, MigrationAgainst, StatementAgainst } from '../verify/against.ts'
import { chooseMigrations, type Choice } from '../verify/choose.ts'
import { readSize } from './table-size.ts'

/** In milliseconds, for each statement that is sent there. */
const LIMIT = 10_000

/**
 * Reads what the chosen migrations mean for a real database: the size of what they lock, what of lint counts there, and
 * what they require and is not so. Its session can change nothing, takes no lock but ACCESS SHARE, and gives up a
 * statement after ten seconds.
 * Throws what choosing, connecting and reading the ledger throw.
 */
export async function readAgainst(
  project: Project,
  database: DatabaseTarget,
  choice: Choice,
): Promise<Against> {
  const opened = await openProject(project)
  const { manifest } = opened
  const names = manifest.migrations.map(({ name }) => name)
  const chosen = chooseMigrations(names, choice)
  return withRunnable(project, opened, (runnable) =>
    withConnection(database, async (client) => {
      const major = await limitSession(client)
      const state = await readState(client, manifest.ledger, 'look')
      const applied = appliedOf(runnable, state)
      const pending = names.filter((name) => !applied.has(name))
      const [first = ''] = pending
      const expected = await tablesAfter(project, names[names.indexOf(first) - 1])
      const place: Place = { client, state, runnable, applied, expected }
      const found = await readEach(place, chosen, (asked) =>
        findHazards(client, { migrations: runnable.migrations, manifest, names: asked, state }, [
          'error',
          'warning',
        ]),
      )
      const firstChosen = names.indexOf(chosen[0] ?? '')
      return {
        server: `${showServer(client.host, client.port)}/${client.database ?? ''}`,
        major,
        hasLedger: state.exists.ledger,
        unknown: unknownOf(runnable, state),
        pendingBefore: pending.filter((name) => names.indexOf(name) < firstChosen),
        migrations: found,
      }
    }),
  )
}

/**
 * Returns the server's major version, which a pooler may not have reported. Through a pooler all is one transaction, which
 * is open already: that one is to be read only, too.
 */
async function limitSession(client: Client): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    `select pg_catalog.set_config('default_transaction_read_only', 'on', false),
       pg_catalog.set_config('transaction_read_only', 'on', true),
       pg_catalog.set_config('lock_timeout', $1, false), pg_catalog.set_config('statement_timeout', $2, false),
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4 operator(pg_catalog./) 10000 as major`,
    [String(COUNTING_WAITS_MS), String(LIMIT)],
  )
  return rows[0]?.major ?? 0
}

interface Place {
  readonly client: Client
  readonly state: DatabaseState
  readonly runnable: RunnableProject
  readonly applied: ReadonlySet<string>
  /** The tables that the applied migrations have made. */
  readonly expected: ReadonlySet<string>
}

/** One that stands for others is applied where they are. */
function appliedOf({ migrations }: RunnableProject, { ledger }: DatabaseState): Set<string> {
  const there = new Set(ledger.map(({ name }) => name))
  const isThere = ({ name, replaces = [] }: Migration) =>
    there.has(name) || (replaces.length > 0 && replaces.every((one) => there.has(one.name)))
  return new Set(
    migrations
      .map(({ migration }) => migration)
      .filter(isThere)
      .map(({ name }) => name),
  )
}

function unknownOf({ migrations }: RunnableProject, { ledger }: DatabaseState): string[] {
  const known = new Set(
    migrations.flatMap(({ migration: { name, replaces = [] } }) => [
      name,
      ...replaces.map((one) => one.name),
    ]),
  )
  return ledger.map(({ name }) => name).filter((name) => !known.has(name))
}

async function tablesAfter(project: Project, name: string | undefined): Promise<Set<string>> {
  const catalog = name === undefined ? undefined : await catalogAfter(project, name)
  const tables = (catalog?.objects ?? []).filter(({ kind }) => kind === 'table')
  return new Set(tables.map(({ identity }) => identity))
}

async function readEach(
  place: Place,
  chosen: readonly string[],
  findAll: (names: readonly string[]) => Promise<MigrationAgainst['findings']>,
): Promise<MigrationAgainst[]> {
  const { runnable, applied } = place
  const hazards = await findAll(chosen.filter((name) => !applied.has(name)))
  const found: MigrationAgainst[] = []
  let isFirst = true
  for (const { migration } of runnable.migrations) {
    const { name } = migration
    const isApplied = applied.has(name)
    if (chosen.includes(name)) {
      const findings = hazards.filter((one) => one.migration === name)
      found.push(
        isApplied
          ? { name, state: 'applied', statements: [], missing: [], findings: [], requirements: [] }
          : { ...(await readOne(place, migration, isFirst)), findings },
      )
    }
    isFirst &&= isApplied
  }
  return found
}

/** What an earlier run has begun goes on without its requirements, which were read before it. */
async function readOne(
  place: Place,
  migration: Migration,
  isFirst: boolean,
): Promise<Omit<MigrationAgainst, 'findings'>> {
  const { client, state } = place
  const { name } = migration
  const isBegun = isHalfDone(state.unfinished.get(name))
  const limits = { lock: COUNTING_WAITS_MS, statement: LIMIT, isFirst }
  return {
    name,
    state: isBegun ? 'begun' : 'pending',
    ...(await readStatements(place, migration)),
    requirements: isBegun ? [] : await readRequirements(client, migration, limits),
  }
}

async function readStatements(
  { client, expected }: Place,
  migration: Migration,
): Promise<Pick<MigrationAgainst, 'statements' | 'missing'>> {
  const statements: StatementAgainst[] = []
  const missing = new Set<string>()
  const settings: string[] = []
  for (const statement of listStatements(migration.up)) {
    const { sql, hasUnknownLocks: isOpaque } = statement
    const { locks, notThere } = await readLocks(client, statement, settings)
    statements.push({ sql, locks, isOpaque })
    for (const table of notThere) if (expected.has(table)) missing.add(table)
    if (statement.isSet) settings.push(sql)
  }
  return { statements, missing: [...missing] }
}

/** The run itself reports what is wrong with a setting of the migration. */
async function readLocks(client: Client, statement: Statement, settings: readonly string[]) {
  const scope = { settings, statements: [statement] }
  const meant = await inRolledBackTransaction(client, () => meantBy(client, scope)).catch(
    (error: unknown) => {
      if (isConnectionLost(error)) throw error
      return []
    },
  )
  const locks: LockAgainst[] = []
  for (const { oid, relation, mode, work } of await lockTargets(client, meant))
    locks.push({ relation, mode, ...(work && { work }), ...(await readSize(client, oid)) })
  const notThere = meant
    .filter(({ found }) => found === null)
    .map(({ schema = DEFAULT_SCHEMA, table }) => toIdentity(schema, table))
  return { locks, notThere }
}
