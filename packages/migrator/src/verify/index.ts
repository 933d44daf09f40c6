import { MigratorError } from '../errors/index.ts'
import { listStatements } from '../plan/progress.ts'
import { openProject } from '../project/open.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { compiledFolder } from '../project/compiled-project.ts'
import type { OpenProject, Project } from '../project/project.ts'
import { readToday } from '../project/releases.ts'
import { withRunnable } from '../project/runnable.ts'
import { run } from '../run/index.ts'
import { findMadeRoles, withoutNewRoles } from '../scratch/made-roles.ts'
import { withScratchDatabase, type WithScratch } from '../scratch/scratch-database.ts'
import type { RecordedRelease } from '../releases/recorded-release.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { chooseMigrations, type Choice } from './choose.ts'
import { verifyMigration } from './cycle.ts'
import { loadFixtures } from './fixtures.ts'
import { findFilledTables } from './filled-tables.ts'
import type { VerifiedMigration, VerifyReport } from './report.ts'
import type { Releases } from './releases.ts'
import type { Candidate, RowRequest, Stage } from './stage.ts'

export interface VerifyRequest {
  readonly choice: Choice
  readonly rows: RowRequest
  /** The release to hold them against; what the entities of today send goes with it. */
  readonly previous?: RecordedRelease
}

/**
 * Tries each of the chosen migrations on throw-away databases with rows in every table: up, down and up again, and holds
 * what happened against what the migration says. `withServer` lends the server; it is not asked where nothing is chosen.
 * Throws what a run throws of a migration that is not chosen, and SQL_UNREADABLE.
 */
export async function verify(
  project: Project,
  withServer: WithScratch,
  request: VerifyRequest,
): Promise<VerifyReport> {
  const opened = await openProject(project)
  const { manifest } = opened
  const names = manifest.migrations.map(({ name }) => name)
  const chosen = chooseMigrations(names, request.choice)
  const { seed } = request.rows
  const nothing = { migrations: [], unreached: [], fixtures: 'none', seed } as const
  if (chosen.length === 0) return nothing
  const candidates = await findCandidates(project, opened)
  const folder = compiledFolder(project, manifest)
  const releases = request.previous && (await findReleases(project, names, request.previous))
  const statements = candidates.flatMap(({ migration: { up, down } }) => [
    ...listStatements(up),
    ...listStatements(down),
  ])
  const roles = await findMadeRoles(statements.map(({ sql }) => sql))
  const work = (server: DatabaseTarget, main: DatabaseTarget) => {
    const place = { project, ledger: manifest.ledger, folder, server, main, roles }
    const fixtureTables = new Set<string>()
    const stage = { ...place, rows: request.rows, fixtureTables, ...(releases && { releases }) }
    return verifyEach(stage, { candidates, chosen: new Set(chosen) })
  }
  return withServer((server) =>
    withoutNewRoles(server, roles, () => withScratchDatabase(server, (main) => work(server, main))),
  )
}

async function findReleases(
  project: Project,
  names: readonly string[],
  previous: RecordedRelease,
): Promise<Releases> {
  const { head } = previous
  const known = new Set(head === undefined ? [] : names.slice(0, names.indexOf(head) + 1))
  return { previous, next: await readToday(project), known }
}

async function findCandidates(project: Project, opened: OpenProject): Promise<Candidate[]> {
  const names = opened.manifest.migrations.map(({ name }) => name)
  const catalogs = await catalogsAfter(project)
  return withRunnable(project, opened, async ({ migrations }) =>
    migrations.map(({ migration }, place) => ({
      migration,
      previous: names[place - 1] ?? 'base',
      expected: catalogs.get(migration.name),
    })),
  )
}

interface Chain {
  readonly candidates: readonly Candidate[]
  readonly chosen: ReadonlySet<string>
}

async function verifyEach(stage: Stage, { candidates, chosen }: Chain): Promise<VerifyReport> {
  const found: VerifiedMigration[] = []
  const first = candidates.findIndex(({ migration }) => chosen.has(migration.name))
  await advance(stage, candidates[first]?.previous)
  let { fixtures, fixtureTables } = await putFixtures(stage)
  for (const candidate of candidates.slice(first)) {
    const { name } = candidate.migration
    if (chosen.has(name)) found.push(await verifyMigration({ ...stage, fixtureTables }, candidate))
    if (found.length === chosen.size) break
    // Where it runs not even without rows, nothing after it can be tried.
    if (!(await advances(stage, name))) break
    if (fixtures === 'not loaded') ({ fixtures, fixtureTables } = await putFixtures(stage))
  }
  const reached = new Set(found.map(({ name }) => name))
  const unreached = [...chosen].filter((name) => !reached.has(name))
  return { migrations: found, fixtures, unreached, seed: stage.rows.seed }
}

async function putFixtures(
  stage: Stage,
): Promise<Pick<VerifyReport, 'fixtures'> & Pick<Stage, 'fixtureTables'>> {
  const before = await findFilledTables(stage.main, stage.ledger)
  const fixtures = await loadFixtures(stage)
  const after = fixtures === 'loaded' ? await findFilledTables(stage.main, stage.ledger) : before
  return { fixtures, fixtureTables: new Set([...after.keys()].filter((oid) => !before.has(oid))) }
}

async function advances(stage: Stage, name: string): Promise<boolean> {
  try {
    await advance(stage, name)
    return true
  } catch (error) {
    if (error instanceof MigratorError) return false
    throw error
  }
}

async function advance({ project, main }: Stage, target: string | undefined): Promise<void> {
  if (target === undefined || target === 'base') return
  await run(project, main, { direction: 'up', target, yes: true, drift: 'ignore' })
}
