import { join } from 'node:path'
import type { Catalog } from '../catalog/index.ts'
import { readText } from '../compiled/json-file.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { compiledFolder } from '../project/compiled-project.ts'
import { openProject } from '../project/open.ts'
import type { OpenProject, Project } from '../project/project.ts'
import { readRunnable } from '../project/runnable.ts'
import type { VerifyReport } from '../verify/report.ts'
import { judge } from '../verify/verdict.ts'
import { describeMigrations, type KnownSource } from './describe-migrations.ts'
import { lintProject } from './lint.ts'
import type { Proof } from './reporter.ts'

/**
 * What was verified, with what its migrations are and what they make of the schema. Throws what reading the project and
 * its settings of lint throw.
 */
export async function readProof(project: Project, report: VerifyReport): Promise<Proof> {
  const names = [...report.migrations.map(({ name }) => name), ...report.unreached]
  const judgement = judge(report)
  if (names.length === 0) return { report, migrations: [], judgement }
  const opened = await openProject(project)
  const all = opened.manifest.migrations.map(({ name }) => name)
  const catalogs = await catalogsAfter(project)
  const schemaAt = (place: number) => (place < 0 ? NOTHING : catalogs.get(all[place] ?? ''))
  const places = names.map((name) => all.indexOf(name))
  const [before, after] = [schemaAt(Math.min(...places) - 1), schemaAt(Math.max(...places))]
  const sources = await readSources(project, opened, names)
  const known = sources.map((one) => ({
    ...one,
    before: schemaAt(all.indexOf(one.migration.name) - 1),
  }))
  const findings = await lintProject(project, undefined, ({ name }) => names.includes(name))
  return {
    report,
    judgement,
    migrations: describeMigrations(known, findings),
    ...(before && { before }),
    ...(after && { after }),
  }
}

async function readSources(
  project: Project,
  opened: OpenProject,
  names: readonly string[],
): Promise<Omit<KnownSource, 'before'>[]> {
  const folder = compiledFolder(project, opened.manifest)
  const runnable = await readRunnable(project, opened)
  await runnable.close()
  const files = new Map(opened.manifest.migrations.map(({ name, file }) => [name, file]))
  const chosen = runnable.migrations.filter(({ migration }) => names.includes(migration.name))
  return Promise.all(
    chosen.map(async ({ migration }) => {
      const file = join(folder, files.get(migration.name) ?? '')
      return { migration, file, source: (await readText(file)) ?? '' }
    }),
  )
}

const NOTHING: Catalog = { objects: [] }
