import { resolve, dirname } from 'node:path'
import { compiledPath, readCompiled } from '../compiled/compiled-file.ts'
import {
  hashContent,
  isCurrent,
  type Analysis,
  type CompiledMigration,
} from '../compiled/compiled.ts'
import { decompile } from '../compiled/decompile.ts'
import { failure } from '../errors/index.ts'
import type { Body, CodeSession, Direction, Migration } from '../migration.ts'
import { withPhases, withRulingPhase } from '../phase/index.ts'
import type { Manifest, ManifestEntry } from './manifest.ts'
import { loadVerified } from './open.ts'
import type { LoadedProject, OpenProject, Project, RunnableProject } from './project.ts'
import { verifyLoaded } from './verify.ts'

/** What a run will need beyond statements. */
export interface Needs {
  /** Migrations that it will run: where one of them is code, its source is loaded. */
  readonly names: readonly string[]
  readonly seeders: boolean
}

/**
 * The migrations as they were compiled and reviewed, in order. Neither the project nor its ORM is loaded, unless what
 * is needed is code. Sources that are not, byte for byte, what was recorded are held against the manifest first. In a
 * folder without compiled files (a build may leave them behind) the sources are loaded.
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
  if (!opened.isPristine) await (await loadVerified(project, opened)).close()
  const code = all.filter(isCode).map(([{ name }]) => name)
  const wanted = code.filter((name) => needs.names.includes(name))
  const isLoaded = wanted.length > 0 || needs.seeders
  const loaded = isLoaded ? await loadNamed(project, opened.manifest, wanted) : undefined
  return {
    migrations: (await decompileAll(all, opened.manifest, loaded)).map((migration) => ({
      migration,
    })),
    seed: (session) => (loaded ? loaded.seed(session) : Promise.resolve([])),
    close: async () => loaded?.close(),
  }
}

type Recorded = readonly [entry: ManifestEntry, compiled: CompiledMigration]

/** Undefined where no migration has a compiled file. Throws COMPILED_DIFFERS, COMPILED_UNREADABLE. */
async function readAll(
  { manifestPath, hasNoManifest }: Project,
  { manifestVersion, folder, migrations }: Manifest,
): Promise<Recorded[] | undefined> {
  if (hasNoManifest || manifestVersion === 1) return undefined
  const home = resolve(dirname(manifestPath), folder)
  const files = await Promise.all(migrations.map(({ name }) => readCompiled(home, name)))
  if (files.every((file) => file === undefined)) return undefined
  return migrations.map((entry, i): Recorded => {
    const { name } = entry
    const differs = (reason: string) =>
      failure('COMPILED_DIFFERS', { name, path: compiledPath(home, name), reason })
    const compiled = files[i]
    if (!compiled) throw differs('there is no such file')
    if (hashContent(compiled.migration) !== entry.compiled)
      throw differs('it was edited after it was recorded in the manifest')
    return [entry, compiled]
  })
}

function isCode([, { migration }]: Recorded): boolean {
  return migration.up === 'code' || migration.down === 'code'
}

/** The project with these of its migrations, as they are recorded. */
async function loadNamed(
  project: Project,
  manifest: Manifest,
  names: readonly string[],
): Promise<LoadedProject> {
  const loaded = await project.load(names)
  try {
    const isWanted = ({ name }: { readonly name: string }) => names.includes(name)
    const recorded = { ...manifest, migrations: manifest.migrations.filter(isWanted) }
    const found = loaded.migrations.filter(({ migration }) => isWanted(migration))
    return { ...loaded, migrations: verifyLoaded(recorded, found) }
  } catch (error) {
    await loaded.close()
    throw error
  }
}

/** What an analysis leaves out takes the archive off its guard: an edited one is not believed. */
function believed([entry, { analysis }]: Recorded): Analysis | undefined {
  return isCurrent(analysis, entry.analysis) ? analysis : undefined
}

async function decompileAll(
  all: readonly Recorded[],
  { phaseExceptions }: Manifest,
  loaded: LoadedProject | undefined,
): Promise<Migration[]> {
  const migrations = await Promise.all(
    all.map(([entry, compiled]) => {
      const source = loaded?.migrations.find(({ migration }) => migration.name === entry.name)
      const codeOf = (direction: Direction) => source?.migration[direction] ?? NOT_LOADED
      return decompile(entry, compiled.migration, believed([entry, compiled]), codeOf)
    }),
  )
  const isKnown = all.every((one) => believed(one) !== undefined)
  return isKnown
    ? migrations.map((migration) => withRulingPhase(migration, phaseExceptions))
    : withPhases(migrations, phaseExceptions)
}

/** Of code that nothing runs. */
const NOT_LOADED: Body = {
  kind: 'code',
  run: (_session: CodeSession) => Promise.reject(new Error('This code was not loaded.')),
}
