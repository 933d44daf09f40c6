import { resolve, dirname } from 'node:path'
import { compiledPath, readCompiled } from '../compiled/compiled-file.ts'
import { hashContent, isCurrent, type CompiledMigration } from '../compiled/compiled.ts'
import { decompile } from '../compiled/decompile.ts'
import { failure } from '../errors/index.ts'
import type { Body, CodeSession, Migration } from '../migration.ts'
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

/** Undefined where not each migration has a compiled file. Throws COMPILED_DIFFERS, COMPILED_UNREADABLE. */
async function readAll(
  { manifestPath, hasNoManifest }: Project,
  { manifestVersion, folder, migrations }: Manifest,
): Promise<Recorded[] | undefined> {
  if (hasNoManifest || manifestVersion === 1) return undefined
  const home = resolve(dirname(manifestPath), folder)
  const all: Recorded[] = []
  for (const entry of migrations) {
    const { name } = entry
    const compiled = await readCompiled(home, name)
    if (!compiled) return undefined
    if (hashContent(compiled.migration) !== entry.compiled) {
      const reason = 'it was edited after it was recorded in the manifest'
      throw failure('COMPILED_DIFFERS', { name, path: compiledPath(home, name), reason })
    }
    all.push([entry, compiled])
  }
  return all
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

async function decompileAll(
  all: readonly Recorded[],
  { phaseExceptions }: Manifest,
  loaded: LoadedProject | undefined,
): Promise<Migration[]> {
  const migrations = await Promise.all(
    all.map(([entry, compiled]) => {
      const source = loaded?.migrations.find(({ migration }) => migration.name === entry.name)
      return decompile(entry, compiled, (direction) => source?.migration[direction] ?? NOT_LOADED)
    }),
  )
  const isKnown = all.every(([, { analysis }]) => isCurrent(analysis))
  return isKnown
    ? migrations.map((migration) => withRulingPhase(migration, phaseExceptions))
    : withPhases(migrations, phaseExceptions)
}

/** Of code that nothing runs. */
const NOT_LOADED: Body = {
  kind: 'code',
  run: (_session: CodeSession) => Promise.reject(new Error('This code was not loaded.')),
}
