import { rm, rmdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readText } from '../compiled/json-file.ts'
import { withPhases } from '../phase/index.ts'
import { hashProject, type PhaseReport } from './hash.ts'
import { readRecorded } from './manifest-file.ts'
import { candidates } from './open.ts'
import type { CreatedFile, CreateOptions, LoadedProject, Project } from './project.ts'
import { nameOfFile, removeCreated } from './undo-create.ts'

export interface CreatedMigration<Recorded = never> extends PhaseReport {
  readonly path: string
  /** What `record` returned. */
  readonly recorded: Recorded | undefined
  /** What runs after it: what the previous release does not survive, where some of the change it does. */
  readonly others?: readonly (PhaseReport & { readonly path: string })[]
  /** Contract steps that run right before it, although the previous release would survive it: `rebase` places them last. */
  readonly contractsBefore?: readonly string[]
}

/**
 * Generates a migration from the difference between the entities and the last state, formats it, adds it to the
 * manifest, and calls `record`. Undefined where nothing has changed. Where any of that fails, nothing of it stays.
 * Throws MANIFEST_BROKEN before anything is written, RENAMES_UNDECIDED, and what `hashProject` throws.
 * @example
 * const made = await createMigration(project, { name: 'add-author', blank: false })
 * console.log(made?.path ?? 'Nothing has changed.')
 */
export async function createMigration<Recorded = never>(
  project: Project,
  options: CreateOptions,
  record?: () => Promise<Recorded>,
): Promise<CreatedMigration<Recorded> | undefined> {
  const before = await readRecorded(project.manifestPath)
  const loaded = await project.load()
  const folder = resolve(dirname(project.manifestPath), loaded.header.folder)
  const missing = missingFolders(folder)
  try {
    const exceptions = before?.manifest.phaseExceptions
    const { files, lastContracts } = await createFiles(loaded, folder, options, exceptions)
    const [first, ...rest] = files
    if (!first) return undefined
    const { path } = first
    const others = rest.map((one) => one.path)
    return await orRemove(project, path, async () => {
      const { phases } = await hashProject(project, listExceptions(files))
      const reportOf = (file: string) => {
        const name = nameOfFile(file)
        const made = phases.find((one) => one.name === name)
        return { path: file, name, phase: 'expand' as const, breaks: [], ...made }
      }
      const recorded = await record?.()
      const made = reportOf(path)
      const contractsBefore = made.phase === 'expand' ? lastContracts : []
      return {
        ...made,
        recorded,
        ...(contractsBefore.length > 0 && { contractsBefore }),
        ...(others.length > 0 && { others: others.map(reportOf) }),
      }
    })
  } finally {
    // MikroORM makes the folder before it knows whether there is something to write.
    for (const made of missing) await rmdir(made).catch(() => {})
  }
}

function listExceptions(files: readonly CreatedFile[]): Record<string, string> {
  return Object.fromEntries(
    files.flatMap(({ path, phaseException }) =>
      phaseException === undefined ? [] : [[nameOfFile(path), phaseException]],
    ),
  )
}

type Exceptions = Readonly<Record<string, string>> | undefined

/** Contract steps that nothing else comes after. */
async function listLastContracts(
  { migrations }: LoadedProject,
  exceptions: Exceptions,
): Promise<string[]> {
  const judged = await withPhases(
    migrations.map(({ migration }) => migration),
    exceptions,
  )
  const last = judged.findLastIndex(({ phase }) => phase === 'expand')
  return judged.slice(last + 1).map(({ name }) => name)
}

/** A folder with those above it that are not there, the innermost first. */
function missingFolders(folder: string): string[] {
  return existsSync(folder) ? [] : [folder, ...missingFolders(dirname(folder))]
}

/** Where MikroORM fails after it has written a file, that goes. */
async function createFiles(
  loaded: LoadedProject,
  folder: string,
  options: CreateOptions,
  exceptions: Exceptions,
) {
  const before = new Set(await candidates(folder))
  try {
    const lastContracts = await listLastContracts(loaded, exceptions)
    return { files: await loaded.create(options), lastContracts }
  } catch (error) {
    const made = (await candidates(folder)).filter((file) => !before.has(file))
    for (const file of made) await rm(join(folder, file))
    throw error
  } finally {
    await loaded.close()
  }
}

/** Removes what was created at `path` where `work` fails, and restores the manifest. */
async function orRemove<T>(project: Project, path: string, work: () => Promise<T>): Promise<T> {
  const manifest = await readText(project.manifestPath)
  try {
    return await work()
  } catch (error) {
    await removeCreated(dirname(project.manifestPath), path)
    await (manifest === undefined
      ? rm(project.manifestPath, { force: true })
      : writeFile(project.manifestPath, manifest))
    throw error
  }
}
