import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { compiledPath, writeCompiled } from '../compiled/compiled-file.ts'
import type { CompiledMigration } from '../compiled/compiled.ts'
import { writeManifest, type Merged } from './manifest-file.ts'
import { MANIFEST_NAME, type Manifest } from './manifest.ts'
import type { LoadedProject, Project } from './project.ts'
import type { RenamedMigration } from './rename-migration.ts'

/** What is to be a project, in a folder of its own. */
export interface Stage {
  readonly project: Project
  /** Of its migrations. */
  readonly folder: string
  /** What its manifest says of the project, but for where its folders are. */
  readonly header: LoadedProject['header']
}

export interface Staged {
  readonly project: Project
  readonly loaded: LoadedProject
  readonly released: Manifest
  readonly before: Merged
  readonly renamed: readonly RenamedMigration[]
  /** By the names that they had. */
  readonly compiled: ReadonlyMap<string, CompiledMigration>
}

/** Lends `work` a folder with the migrations under their new names, and removes it afterwards. */
export async function withStaged<T>(
  staged: Staged,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'migrator-rebase-'))
  try {
    return await work(await fill(root, staged))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function fill(
  root: string,
  { project, loaded, released, before, renamed, compiled }: Staged,
): Promise<Stage> {
  const folder = join(root, 'migrations')
  const source = resolve(dirname(project.manifestPath), loaded.header.folder)
  const isRenamed = new Map(renamed.map((one) => [one.from.migration.name, one]))
  for (const { migration, file } of loaded.migrations) {
    const one = isRenamed.get(migration.name)
    const path = join(folder, one?.to.file ?? file)
    await mkdir(dirname(path), { recursive: true })
    await (one ? writeFile(path, one.text) : copyFile(join(source, file), path))
    const known = compiled.get(migration.name)
    if (known) await writeCompiled(folder, one?.to.migration.name ?? migration.name, known)
  }
  for (const { file, migration } of loaded.squashed ?? []) {
    const [there, here] = [join(source, file), join(folder, file)]
    await mkdir(dirname(here), { recursive: true })
    await copyFile(there, here)
    const compiled = compiledPath(dirname(there), migration.name)
    if (existsSync(compiled)) await copyFile(compiled, compiledPath(dirname(here), migration.name))
  }
  const migrations = loaded.migrations
    .map((one) => isRenamed.get(one.migration.name)?.to ?? one)
    .toSorted((a, b) => (a.migration.name < b.migration.name ? -1 : 1))
  const header = { ...loaded.header, folder }
  const manifestPath = join(root, MANIFEST_NAME)
  const recorded = joinRecords(released, before, renamed)
  await writeManifest(manifestPath, { ...recorded, folder })
  const load = async () => ({ ...loaded, header, migrations, close: async () => {} })
  return { project: { manifestPath, load }, folder, header: loaded.header }
}

/**
 * What stays on record: the released migrations, and the reasons for phases by the new names. `hashProject` adds the
 * others, as they are now.
 */
function joinRecords(
  { phaseExceptions: there, ...released }: Manifest,
  before: Merged,
  renamed: readonly RenamedMigration[],
): Manifest {
  const here = renamed.flatMap(({ from, to }) => {
    const reason = before.phaseExceptions[from.migration.name]
    return reason === undefined ? [] : [[to.migration.name, reason] as const]
  })
  const phaseExceptions = { ...there, ...Object.fromEntries(here) }
  const isAny = Object.keys(phaseExceptions).length > 0
  return { ...released, ...(isAny && { phaseExceptions }) }
}
