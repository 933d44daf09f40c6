import { join } from 'node:path'
import type { Catalog } from '../catalog/index.ts'
import { readText } from '../compiled/json-file.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { compiledFolder } from '../project/compiled-project.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { readRunnable } from '../project/runnable.ts'
import type { VerifyReport } from '../verify/report.ts'
import { describeMigrations, type KnownSource } from './describe-migrations.ts'
import { lintProject } from './lint.ts'
import type { Proof } from './reporter.ts'

/**
 * What was verified, with what its migrations are and what they make of the schema. Throws what reading the project and
 * its settings of lint throw.
 */
export async function readProof(project: Project, report: VerifyReport): Promise<Proof> {
  const names = [...report.migrations.map(({ name }) => name), ...report.unreached]
  if (names.length === 0) return { report, migrations: [] }
  const known = await readSources(project, new Set(names))
  const findings = await lintProject(project, undefined, ({ name }) => names.includes(name))
  return {
    report,
    migrations: describeMigrations(known, findings),
    ...(await readSchemas(project, names)),
  }
}

async function readSources(project: Project, names: ReadonlySet<string>): Promise<KnownSource[]> {
  const opened = await openProject(project)
  const folder = compiledFolder(project, opened.manifest)
  const runnable = await readRunnable(project, opened)
  await runnable.close()
  const files = new Map(opened.manifest.migrations.map(({ name, file }) => [name, file]))
  const chosen = runnable.migrations.filter(({ migration }) => names.has(migration.name))
  return Promise.all(
    chosen.map(async ({ migration }) => {
      const file = join(folder, files.get(migration.name) ?? '')
      return { migration, file, source: (await readText(file)) ?? '' }
    }),
  )
}

async function readSchemas(
  project: Project,
  names: readonly string[],
): Promise<Pick<Proof, 'before' | 'after'>> {
  const { manifest } = await openProject(project)
  const catalogs = await catalogsAfter(project)
  const all = manifest.migrations.map(({ name }) => name)
  const places = names.map((name) => all.indexOf(name))
  const [first, last] = [Math.min(...places), Math.max(...places)]
  const before = first === 0 ? NOTHING : catalogs.get(all[first - 1] ?? '')
  const after = catalogs.get(all[last] ?? '')
  return { ...(before && { before }), ...(after && { after }) }
}

const NOTHING: Catalog = { objects: [] }
