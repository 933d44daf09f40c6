import type { CatalogDelta } from '../catalog/index.ts'
import { isCurrent, type Analysis, type CompiledContent } from '../compiled/compiled.ts'
import { decompile } from '../compiled/decompile.ts'
import type { Body, CodeSession, Direction, Migration } from '../migration.ts'
import { withPhases, withRulingPhase } from '../phase/index.ts'
import { compiledFolder, readEntry, verifyRecorded } from './compiled-project.ts'
import type { Manifest, ManifestEntry } from './manifest.ts'
import { listFiles, loadVerified } from './open.ts'
import type { OpenProject, Project, RunnableProject, VerifiedProject } from './project.ts'
import { verifyLoaded } from './verify.ts'

/** What a run will need beyond statements. */
export interface Needs {
  /** Migrations that it will run: where one of them is code, its source is loaded. */
  readonly names: readonly string[]
  readonly seeders: boolean
}

/**
 * The migrations as they were compiled and reviewed, in order. Neither the project nor its ORM is loaded, unless what
 * is needed is code, or a source is not, byte for byte, the one that was recorded: then all are held against the manifest.
 * In development they are also before something runs: a source may import what was edited.
 * In a folder without any compiled file (a build may leave them behind) the sources run.
 *
 * Throws COMPILED_DIFFERS, COMPILED_UNREADABLE, and what `loadVerified` throws.
 */
export async function readRunnable(
  project: Project,
  opened: OpenProject,
  needs: Needs = { names: [], seeders: false },
): Promise<RunnableProject> {
  const all = await readAll(project, opened.manifest)
  if (!all) return loadVerified(project, opened)
  const loaded = await loadNeeded(project, opened, all, needs)
  const migrations = await decompileAll(all, opened.manifest, loaded)
  return {
    migrations: migrations.map((migration, i) => {
      const { analysis, catalog = null } = all[i] ?? {}
      return { migration, marks: analysis && (analysis.lint ?? []), catalog }
    }),
    readReferenceData: async () => loaded?.readReferenceData() ?? [],
    seed: (session) => (loaded ? loaded.seed(session) : Promise.resolve([])),
    close: async () => loaded?.close(),
    edited: loaded?.edited ?? [],
  }
}

/** Lends `work` what `readRunnable` reads, and closes it after. */
export async function withRunnable<T>(
  project: Project,
  opened: OpenProject,
  work: (runnable: RunnableProject) => Promise<T>,
): Promise<T> {
  const runnable = await readRunnable(project, opened)
  try {
    return await work(runnable)
  } finally {
    await runnable.close()
  }
}

interface Recorded {
  readonly entry: ManifestEntry
  readonly content: CompiledContent
  /** Undefined where it is not believed: what an edited one leaves out takes the archive off its guard. */
  readonly analysis: Analysis | undefined
  readonly catalog: CatalogDelta | null
}

/** Undefined where no migration has a compiled file. Throws COMPILED_DIFFERS, COMPILED_UNREADABLE. */
async function readAll(project: Project, manifest: Manifest): Promise<Recorded[] | undefined> {
  if (project.hasNoManifest || manifest.manifestVersion === 1) return undefined
  const { migrations } = manifest
  const folder = compiledFolder(project, manifest)
  const files = await Promise.all(migrations.map((entry) => readEntry(folder, entry)))
  if (files.every((file) => file === undefined)) return undefined
  const verified = verifyRecorded(folder, migrations, files)
  return migrations.flatMap((entry, i) => {
    const file = verified[i]
    if (!file) return []
    const { migration: content, analysis, catalog } = file
    const isBelieved = isCurrent(analysis, entry.analysis)
    return [{ entry, content, analysis: isBelieved ? analysis : undefined, catalog }]
  })
}

/** What is loaded to hold sources against the manifest serves what is code as well. */
async function loadNeeded(
  project: Project,
  opened: OpenProject,
  all: readonly Recorded[],
  { names, seeders }: Needs,
): Promise<VerifiedProject | undefined> {
  if (!opened.isPristine || (project.mayBeEdited && names.length > 0)) {
    const compiled = project.mayBeEdited ? all.filter((one) => !isCode(one)) : []
    return loadVerified(project, opened, new Set(compiled.map(({ entry }) => entry.name)))
  }
  const code = all.filter(isCode).map(({ entry }) => entry.name)
  const wanted = code.filter((name) => names.includes(name))
  return wanted.length > 0 || seeders ? loadNamed(project, opened.manifest, wanted) : undefined
}

/** Its source is what runs. */
function isCode({ content: { up, down } }: Recorded): boolean {
  return up === 'code' || down === 'code'
}

/** The project with these of its migrations, as they are recorded. */
async function loadNamed(
  project: Project,
  manifest: Manifest,
  names: readonly string[],
): Promise<VerifiedProject> {
  const loaded = await project.load(names)
  try {
    const isWanted = ({ name }: { readonly name: string }) => names.includes(name)
    const { squashed: _, ...rest } = manifest
    const recorded = { ...rest, migrations: manifest.migrations.filter(isWanted) }
    const found = listFiles(loaded).filter(({ migration }) => isWanted(migration))
    return { ...loaded, ...verifyLoaded(recorded, found) }
  } catch (error) {
    await loaded.close()
    throw error
  }
}

async function decompileAll(
  all: readonly Recorded[],
  { phaseExceptions }: Manifest,
  loaded: VerifiedProject | undefined,
): Promise<Migration[]> {
  const migrations = await Promise.all(
    all.map(({ entry, content, analysis }) => {
      const source = loaded?.migrations.find(({ migration }) => migration.name === entry.name)
      const codeOf = (direction: Direction) => source?.migration[direction] ?? NOT_LOADED
      return decompile(entry, content, analysis, codeOf)
    }),
  )
  const isKnown = all.every(({ analysis }) => analysis !== undefined)
  return isKnown
    ? migrations.map((migration) => withRulingPhase(migration, phaseExceptions))
    : withPhases(migrations, phaseExceptions)
}

/** Of code that nothing runs. */
const NOT_LOADED: Body = {
  kind: 'code',
  run: (_session: CodeSession) => Promise.reject(new Error('This code was not loaded.')),
}
