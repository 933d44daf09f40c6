import { loadVerified, openProject } from '../project/open.ts'
import type { Client } from 'pg'
import { diffBesidesPartitions, fingerprint, type Catalog } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { EXIT, MigratorError } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import { findMissingExtensions } from './missing-extensions.ts'
import { judgeDrift } from '../drift/plan-drift.ts'
import { verifyLedger } from '../plan/integrity.ts'
import { isHalfDone } from '../plan/progress.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { chainOf, type Chain } from '../project/chain-of.ts'
import { whyUpRefuses } from './why-up-refuses.ts'
import { verifyCompiled } from '../project/compiled-project.ts'
import type { Migration } from '../migration.ts'
import { refuseUnderstated } from '../project/hash.ts'
import type { EntitySnapshot, EntityTable, OpenProject, Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { renderDrift } from '../drift/render-drift.ts'
import { isKnown } from '../drift/is-known.ts'
import { readKept, readWatched } from '../drift/recorded-schema.ts'
import { describeRun, runAtWork, type RunAtWork } from './run-at-work.ts'
import { openSegments } from '../run/leftovers.ts'
import { readState } from '../journal/state.ts'
import { unusableObjects } from '../drift/unusable.ts'
import type { WaitingStep } from '../run/waiting-steps.ts'
import type { Finding } from './finding.ts'
import { readWaiting } from './read-waiting.ts'
import { compareEntities } from '../scratch/compare-entities.ts'
import type { WithScratch } from '../scratch/scratch-database.ts'
import { findUncreated, findUnmade } from './unmade.ts'

/**
 * Looks whether everything fits: manifest and files, entities and migrations, migrations and database, ledger and
 * journal, the schema and what the last run left, every index and constraint. Without a connection: as much of it
 * as needs none. Takes no lock and changes nothing. With a server for throw-away databases, what the entities say is made
 * there, and held against what the migrations make.
 * Throws what connecting throws; what is not whole is a finding.
 * @example
 * const faults = (await check(project, target)).filter(({ exit }) => exit !== 'done')
 */
export async function check(
  project: Project,
  database: DatabaseTarget | undefined,
  withScratch?: WithScratch,
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
  const { findings: found, migrations, tables } = files ?? NO_FILES
  const compiled = await attempt('manifest', () => checkCompiled(project, opened, migrations))
  findings.push(...found, ...(compiled ?? []))
  const proved = await attempt('manifest', () => catalogsAfter(project))
  if (proved) findings.push(...unproved(project, opened, proved))
  const head = proved?.get(opened.manifest.migrations.at(-1)?.name ?? '')
  findings.push(...(await checkEntities(project, head, files ?? NO_FILES, withScratch)))
  if (!database) return findings
  const looked = { opened, migrations, proved, tables: head ? [] : tables }
  await withConnection(database, async (client) => {
    const { opened: chained, state } = await readChain(client, opened)
    const applied = await attempt('ledger', () => verifyApplied(project, chained, state))
    const asked = { applied, state }
    const waiting = await attempt('migrations', () => readWaiting(client, project, chained, asked))
    const found = await checkDatabase(client, state, { ...looked, opened: chained, waiting })
    findings.push(...(applied ? found : found.map(withoutUp)))
  })
  return findings
}

/** What the entities say, against the schema after the newest migration; what `create` has still to write differs in any case. */
async function checkEntities(
  project: Project,
  head: Catalog | undefined,
  { tables, isMigrated }: CheckedFiles,
  withScratch: WithScratch | undefined,
): Promise<Finding[]> {
  const found = findUnmade(tables, head)
  if (!withScratch || !head || !isMigrated) return found
  const compared = await withScratch((scratch) => compareEntities(project, scratch))
  return [...found, ...findUncreated(compared)]
}

/** What the database goes by, on a connection that only reads from then on. */
async function readChain(client: Client, opened: OpenProject): Promise<Chain> {
  await client.query(`select set_config('default_transaction_read_only', 'on', false)`)
  return chainOf(opened, await readState(client, opened.manifest.ledger, 'look'), 'up')
}

/** Throws what `verifyLedger` throws, ADOPTION_UNFINISHED, OUT_OF_ORDER. */
async function verifyApplied(
  project: Project,
  opened: OpenProject,
  state: DatabaseState,
): Promise<readonly string[]> {
  const applied = verifyLedger(opened.manifest.migrations, state)
  const refused = await whyUpRefuses(project, opened, new Set(applied), state)
  if (refused) throw refused
  return applied
}

/** What was found without the schema. */
interface Looked extends Pick<CheckedFiles, 'migrations' | 'tables'> {
  readonly opened: OpenProject
  readonly proved: Proved | undefined
  /** Found with the database, where its ledger fits. */
  readonly waiting: readonly WaitingStep[] | undefined
}

async function checkDatabase(
  client: Client,
  state: DatabaseState,
  looked: Looked,
): Promise<Finding[]> {
  const running = await runAtWork(client, state)
  if (running) return [busy(running)]
  const applied = new Set(state.ledger.map(({ name }) => name))
  const pending = looked.migrations.filter(({ name }) => !applied.has(name))
  const missing = pending.length === 0 ? new Map() : await findMissingExtensions(client, pending)
  const unfinished = findUnfinished({ ...looked, missing }, state)
  return [...unfinished, ...(await checkSchema(client, state, looked))]
}

/** Where ledger and migrations do not fit, `up` refuses: that finding alone has the way out. */
function withoutUp({ next = [], ...finding }: Finding): Finding {
  return { ...finding, next: next.filter((step) => !('command' in step && step.command === 'up')) }
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

/** What is wrong with the files alone, the migrations with the phases that apply, and the tables of the entities. */
interface CheckedFiles {
  readonly findings: readonly Finding[]
  readonly migrations: readonly Migration[]
  readonly tables: readonly EntityTable[]
  /** False where `create` has something to write. */
  readonly isMigrated: boolean
}

const NO_FILES: CheckedFiles = { findings: [], migrations: [], tables: [], isMigrated: false }

async function checkFiles(project: Project, opened: OpenProject): Promise<CheckedFiles> {
  const loaded = await loadVerified(project, opened)
  try {
    const migrations = loaded.migrations.map(({ migration }) => migration)
    const snapshot = await loaded.readSnapshot()
    const findings = [...understated(migrations), ...unmigrated(snapshot)]
    const isMigrated = !snapshot || snapshot.unmigrated.length === 0
    return { findings, migrations, tables: snapshot?.tables ?? [], isMigrated }
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

function unmigrated(snapshot: EntitySnapshot | undefined): Finding[] {
  if (!snapshot) {
    const says =
      'Whether the entities are wholly migrated cannot be told: the project keeps no snapshot (migrations.snapshot).'
    return [{ about: 'entities', exit: 'done', says }]
  }
  const { unmigrated: statements } = snapshot
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
  {
    opened: { manifest },
    migrations,
    waiting,
    missing,
  }: Looked & { readonly missing: ReadonlyMap<string, string> },
  state: DatabaseState,
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
    const wait = waiting?.find(({ migration }) => migration === name)
    if (wait) return [{ about: 'migrations', exit: 'done', says: `${name} ${wait.says}${phase}.` }]
    const lacks = missing.get(name)
    const says = `${name} is ${isHalf ? 'half done' : 'pending'}${phase}${lacks === undefined ? '' : `, and ${lacks}`}.`
    if (lacks !== undefined) return [{ about: 'migrations', exit: 'pending', says }]
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
  state: DatabaseState,
  { opened, proved, tables }: Looked,
): Promise<Finding[]> {
  const now = await readWatched(client, opened.manifest.ledger, state.exists)
  if ('unreadable' in now) {
    return [{ about: 'schema', exit: 'done', says: `The schema cannot be read: ${now.unreadable}` }]
  }
  const applied = new Set(state.ledger.map(({ name }) => name))
  const isAtHead = opened.manifest.migrations.every(({ name }) => applied.has(name))
  return [
    ...(await findDrift(client, state, now, proved)),
    ...findUnmade(tables, isAtHead ? now : undefined),
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
