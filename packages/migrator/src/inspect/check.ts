import { loadVerified, openProject } from '../project/open.ts'
import type { Client } from 'pg'
import { diffBesidesPartitions, fingerprint, type Catalog } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { EXIT, MigratorError, type ExitName } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import { judgeDrift } from '../drift/plan-drift.ts'
import { verifyLedger } from '../plan/integrity.ts'
import { isHalfDone } from '../plan/progress.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { verifyCompiled } from '../project/compiled-project.ts'
import type { Migration } from '../migration.ts'
import { refuseUnderstated } from '../project/hash.ts'
import { type LoadedProject, type OpenProject, type Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { renderDrift } from '../drift/render-drift.ts'
import { isKnown } from '../drift/is-known.ts'
import { readKept, readWatched } from '../drift/recorded-schema.ts'
import { describeRun, runAtWork, type RunAtWork } from './run-at-work.ts'
import { openSegments } from '../run/leftovers.ts'
import { readState } from '../journal/state.ts'
import { unusableObjects } from '../drift/unusable.ts'

/** One thing that is not as it should be. */
export interface Finding {
  readonly about: 'manifest' | 'entities' | 'ledger' | 'migrations' | 'schema'
  /** The exit code that it leads to; `done` is a warning. */
  readonly exit: Extract<ExitName, 'done' | 'pending' | 'refused' | 'integrity'>
  /** What was found. */
  readonly says: string
  /** What to run to mend it. */
  readonly next?: readonly NextStep[]
}

/**
 * Looks whether everything fits: manifest and files, entities and migrations, migrations and database, ledger and
 * journal, the schema and what the last run left, every index and constraint. Without a connection: as much of it
 * as needs none. Takes no lock and changes nothing.
 * Throws what connecting throws; what is not whole is a finding.
 * @example
 * const faults = (await check(project, target)).filter(({ exit }) => exit !== 'done')
 */
export async function check(
  project: Project,
  database: DatabaseTarget | undefined,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const attempt = async <T>(
    about: Finding['about'],
    look: () => T,
  ): Promise<Awaited<T> | undefined> => {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof MigratorError)) throw error
      findings.push({ about, exit: 'integrity', says: error.message, next: error.next })
      return undefined
    }
  }
  const opened = await attempt('manifest', () => openProject(project))
  if (!opened) return findings
  const files = await attempt('manifest', () => checkFiles(project, opened))
  const { findings: found, migrations } = files ?? { findings: [], migrations: [] }
  const compiled = await attempt('manifest', () => checkCompiled(project, opened, migrations))
  findings.push(...found, ...(compiled ?? []))
  const proved = await attempt('manifest', () => catalogsAfter(project))
  if (proved) findings.push(...unproved(project, opened, proved))
  if (!database) return findings
  await withConnection(database, async (client) => {
    await client.query(`select set_config('default_transaction_read_only', 'on', false)`)
    const state = await readState(client, opened.manifest.ledger)
    await attempt('ledger', () => verifyLedger(opened.manifest.migrations, state))
    const running = await runAtWork(client, state)
    if (running) findings.push(busy(running))
    else
      findings.push(
        ...findUnfinished(opened, state, migrations),
        ...(await checkSchema(client, opened, state, proved)),
      )
  })
  return findings
}

function busy(running: RunAtWork): Finding {
  const says = `${describeRun(running)} What it changes was not looked at: wait for its end, then run this again.`
  return { about: 'migrations', exit: 'pending', says }
}

const GRAVEST_FIRST = ['integrity', 'refused', 'pending'] as const

/** The gravest of the findings. */
export function chooseExit(findings: readonly Finding[]): number {
  const gravest = GRAVEST_FIRST.find((exit) => findings.some((finding) => finding.exit === exit))
  return EXIT[gravest ?? 'done']
}

/** What is wrong with the files alone, and the migrations with the phases that apply. */
async function checkFiles(
  project: Project,
  opened: OpenProject,
): Promise<{ findings: Finding[]; migrations: Migration[] }> {
  const loaded = await loadVerified(project, opened)
  try {
    const migrations = loaded.migrations.map(({ migration }) => migration)
    return { findings: [...understated(migrations), ...(await unmigrated(loaded))], migrations }
  } finally {
    await loaded.close()
  }
}

/** The schema after each migration, as far as the compiled files prove it. */
type Proved = ReadonlyMap<string, Catalog>

async function checkCompiled(
  project: Project,
  { manifest }: OpenProject,
  migrations: readonly Migration[],
): Promise<Finding[]> {
  const [first, ...more] = await verifyCompiled(project, manifest, migrations)
  if (first === undefined) return []
  const rest = more.length > 0 ? ` and ${more.length} more` : ''
  const says = `Another version of the migrator has analyzed ${first}${rest}: each run has to do it again.`
  const next = [{ command: 'hash', why: 'To write what this version knows' }] as const
  return [{ about: 'manifest', exit: 'done', says, next }]
}

/** Without the schema after a migration `adopt` and `repair` have nothing to compare with. */
function unproved(project: Project, { manifest }: OpenProject, proved: Proved): Finding[] {
  if (project.hasNoManifest) return []
  const [first, ...more] = manifest.migrations.slice(proved.size)
  if (!first) return []
  const rest = more.length > 0 ? `, and after ${more.length} more` : ''
  const says = `The schema after ${first.name} is not recorded in its compiled file${rest}: nothing proves it.`
  const options = { scratchUrl: 'URL' }
  const next = [
    { command: 'hash', options, why: 'To record it from a throw-away database' },
  ] as const
  return [{ about: 'schema', exit: 'done', says, next }]
}

function understated(migrations: readonly Migration[]): Finding[] {
  try {
    refuseUnderstated(migrations)
    return []
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
    return [{ about: 'migrations', exit: 'refused', says: error.message, next: error.next }]
  }
}

async function unmigrated(loaded: LoadedProject): Promise<Finding[]> {
  const statements = await loaded.unmigrated()
  if (statements === undefined) {
    const says =
      'Whether the entities are wholly migrated cannot be told: the project keeps no snapshot (migrations.snapshot).'
    return [{ about: 'entities', exit: 'done', says }]
  }
  if (statements.length === 0) return []
  const [first = ''] = statements
  const more = statements.length > 1 ? `, and ${statements.length - 1} more` : ''
  const says = `The entities have changed since the last migration (${first.trim()}${more}).`
  const next = [{ command: 'create', why: 'To write one with that' }] as const
  return [{ about: 'entities', exit: 'integrity', says, next }]
}

const GO_ON: readonly NextStep[] = [{ command: 'up', why: 'To apply what is left' }]
const ACCEPT: readonly NextStep[] = [
  { command: 'up', options: { allowDrift: 'WHY' }, why: 'To accept it' },
]

/** What is applied in part, or not at all. */
function findUnfinished(
  { manifest }: OpenProject,
  state: DatabaseState,
  migrations: readonly Migration[],
): Finding[] {
  const applied = new Set(state.ledger.map(({ name }) => name))
  const open = new Set(openSegments(state).map(({ migration }) => migration))
  return manifest.migrations.flatMap(({ name }): Finding[] => {
    if (open.has(name)) {
      const says = `${name} was interrupted in a statement outside of any transaction.`
      return [{ about: 'migrations', exit: 'integrity', says, next: GO_ON }]
    }
    const isHalf = isHalfDone(state.unfinished.get(name))
    if (applied.has(name) && !isHalf) return []
    const phase = phaseInWords(migrations.find((one) => one.name === name))
    const says = `${name} is ${isHalf ? 'half done' : 'pending'}${phase}.`
    return [{ about: 'migrations', exit: 'pending', says, next: GO_ON }]
  })
}

/** A step that the release before does not survive is to be seen before it is taken. */
function phaseInWords(migration: Migration | undefined): string {
  if (migration?.phase !== 'contract') return ''
  const [first, ...more] = migration.breaks ?? []
  if (first === undefined) return ' (contract, as it states)'
  return ` (contract: it ${first}${more.length > 0 ? `, and ${more.length} more` : ''})`
}

async function checkSchema(
  client: Client,
  opened: OpenProject,
  state: DatabaseState,
  proved: Proved | undefined,
): Promise<Finding[]> {
  const now = await readWatched(client, opened.manifest.ledger, state.exists)
  if ('unreadable' in now) {
    return [{ about: 'schema', exit: 'done', says: `The schema cannot be read: ${now.unreadable}` }]
  }
  return [
    ...(await findDrift(client, state, now, proved)),
    ...unusableObjects(now).map((says) => ({ about: 'schema', exit: 'integrity', says }) as const),
  ]
}

async function findDrift(
  client: Client,
  state: DatabaseState,
  now: Catalog,
  proved: Proved | undefined,
): Promise<Finding[]> {
  // Before the first run there is nothing to compare with; pending migrations are a finding of their own.
  if (!state.exists.journal || state.catalog === fingerprint(now)) return []
  const left = await expectedNow(client, state, proved)
  if (!left) {
    const says = 'The expected schema is not known, because the last run was interrupted.'
    return [{ about: 'schema', exit: 'done', says, next: GO_ON }]
  }
  const nothing = { direction: 'up', migrations: [] } as const
  const { differences, grave } = judgeDrift(
    diffBesidesPartitions(now, left),
    left,
    state.unmanaged,
    nothing,
  )
  const mild = differences.filter((difference) => !grave.includes(difference))
  const findings: Finding[] = []
  if (grave.length > 0)
    findings.push({ about: 'schema', exit: 'integrity', says: renderDrift(grave), next: ACCEPT })
  if (mild.length > 0) findings.push({ about: 'schema', exit: 'done', says: renderDrift(mild) })
  return findings
}

/** What the last run left; where it was interrupted, what the project expects of the migration applied last. */
async function expectedNow(
  client: Client,
  { catalog, ledger, unfinished }: DatabaseState,
  proved: Proved | undefined,
): Promise<Catalog | undefined> {
  if (isKnown(catalog)) return readKept(client, catalog)
  const last = ledger.at(-1)
  const isBetween = [...unfinished.values()].some((entries) => isHalfDone(entries))
  if (!last || isBetween) return undefined
  return proved?.get(last.name)
}
