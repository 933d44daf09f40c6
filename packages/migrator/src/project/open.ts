import { readBundleFile } from './bundle-file.ts'
import { chainManifest, readManifest } from './manifest-file.ts'
import { sha256 } from '../sql/checksum.ts'

import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { listEntries, type Manifest, type ManifestEntry, MANIFEST_NAME } from './manifest.ts'
import { verifyLoaded } from './verify.ts'
import { failure } from '../errors/index.ts'
import { dirname, join, resolve } from 'node:path'
import type { LoadedProject, OpenProject, Project, VerifiedProject } from './project.ts'

/**
 * Reads the manifest and hashes the files that it lists.
 * Throws PROJECT_INVALID where there is no manifest, MANIFEST_BROKEN, FILE_MISSING.
 */
export async function openProject(project: Project): Promise<OpenProject> {
  if (project.hasNoManifest) return openWithoutManifest(project)
  const found = await readManifest(project.manifestPath)
  if (!found) {
    throw failure('PROJECT_INVALID', {
      reason: `There is no ${MANIFEST_NAME} in ${dirname(project.manifestPath)}.`,
      next: [
        { command: 'create', why: 'If there is no migration yet' },
        { command: 'hash', why: 'Otherwise, to write it from the migrations' },
      ],
    })
  }
  const manifest = { ...found, ledger: project.ledger ?? found.ledger }
  const root = dirname(project.manifestPath)
  const folder = resolve(root, manifest.folder)
  const entries = listEntries(manifest)
  const folders = new Set(['.', ...entries.map(({ file }) => dirname(file))])
  const files: string[] = []
  for (const place of folders)
    files.push(...(await candidates(join(folder, place))).map((file) => join(place, file)))
  const bundle = files.length === 0 ? await readBundleFile(root) : undefined
  // Its compiled migrations are all that there is: nothing to hash, and nothing that could be another one.
  if (bundle) return { manifest, isPristine: true, seedersChecksum: bundle.seedersChecksum }
  // A build may have compiled what was recorded as TypeScript: `X.ts` is `X.js` then.
  const names = new Set(files)
  const present = new Map(entries.map(({ file }) => [file, sameNamed(file, names)]))
  const listed = new Set(present.values())
  const missing = [...present].flatMap(([file, path]) => (path === undefined ? [file] : []))
  if (missing.length > 0) throw failure('FILE_MISSING', { names: missing, manifest: MANIFEST_NAME })
  // One after another: a thousand small files take a third of the time that they take side by side.
  const hashes = entries.map(({ file }) =>
    sha256(readFileSync(join(folder, present.get(file) ?? file))),
  )
  const isPristine =
    files.every((file) => listed.has(file)) && entries.every(({ bytes }, i) => bytes === hashes[i])
  const seedersChecksum = manifest.seeders && (await hashFolder(resolve(root, manifest.seeders)))
  return { manifest, isPristine, seedersChecksum }
}

/**
 * Loads a project and compares its migrations with the manifest; `mayBeEdited` as `verifyLoaded` has it. Each has the
 * phase that applies.
 */
export async function loadVerified(
  project: Project,
  { manifest }: OpenProject,
  mayBeEdited?: ReadonlySet<string>,
): Promise<VerifiedProject> {
  const loaded = await project.load()
  try {
    const { migrations, edited } = verifyLoaded(manifest, listFiles(loaded), mayBeEdited)
    const ordered = inOrderOf(manifest, migrations)
    return { ...(await judged({ ...loaded, migrations: ordered }, manifest)), edited }
  } catch (error) {
    await loaded.close()
    throw error
  }
}

/** All that a project has, with what squashes stand for. */
export function listFiles({
  migrations,
  squashed = [],
}: LoadedProject): LoadedProject['migrations'] {
  return [...migrations, ...squashed]
}

/** What is no part of the chain is left out. */
function inOrderOf(
  { migrations }: Manifest,
  loaded: LoadedProject['migrations'],
): LoadedProject['migrations'] {
  const byName = new Map(loaded.map((one) => [one.migration.name, one]))
  return migrations.flatMap(({ name }) => byName.get(name) ?? [])
}

/** A manifest made from the loaded migrations, for a project that keeps none. */
async function openWithoutManifest(project: Project): Promise<OpenProject> {
  const loaded = await project.load()
  try {
    const chained = chainManifest(loaded.header, loaded.migrations, loaded.squashed)
    const files = new Map(listFiles(loaded).map(({ migration }) => [migration.name, migration]))
    const withEquivalents = (entry: ManifestEntry) => {
      const equivalents = files.get(entry.name)?.equivalents
      return { ...entry, ...(equivalents && { equivalents }) }
    }
    const { migrations, squashed = [], ...header } = chained
    return {
      manifest: {
        ...header,
        migrations: migrations.map(withEquivalents),
        squashed: squashed.map(withEquivalents),
      },
      isPristine: true,
      seedersChecksum: undefined,
    }
  } finally {
    await loaded.close()
  }
}

/** The file of that name, or the compiled one, which MikroORM gives the same name. */
function sameNamed(file: string, files: ReadonlySet<string>): string | undefined {
  return files.has(file) ? file : [...files].find((other) => stem(other) === stem(file))
}

function stem(file: string): string {
  return file.replace(/\.[jt]s$/, '')
}

async function judged(
  loaded: LoadedProject,
  { phaseExceptions }: Manifest,
): Promise<LoadedProject> {
  const { withPhases } = await import('../phase/index.ts')
  const judgments = await withPhases(
    loaded.migrations.map(({ migration }) => migration),
    phaseExceptions,
  )
  const migrations = loaded.migrations.map((one, position) => ({
    ...one,
    migration: judgments[position] ?? one.migration,
  }))
  return { ...loaded, migrations }
}

/**
 * Files that MikroORM would take for a migration. Declarations and tests beside them are not.
 * Throws FILE_UNUSABLE.
 */
export async function candidates(folder: string): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const entries = found.filter(({ name }) => isCandidate(name))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    // A glob leaves out a link that leads nowhere, and with it a migration.
    if (!entry.isSymbolicLink() || existsSync(path)) continue
    throw failure('FILE_UNUSABLE', {
      path,
      doing: 'reading',
      reason: 'it is a symbolic link that leads nowhere',
    })
  }
  return entries.map(({ name }) => name).toSorted()
}

export function isCandidate(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) && !/\.(d|test|spec)\.[cm]?[jt]s$/.test(name)
}

/** Throws FILE_UNUSABLE: of a folder, and of what nobody may read. */
export async function hashFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw failure('FILE_UNUSABLE', { path, doing: 'reading', reason: error.code ?? '' }, error)
  })
  return sha256(bytes)
}

async function hashFolder(folder: string): Promise<string | undefined> {
  const files = await candidates(folder)
  const hashes = await Promise.all(
    files.map(async (file) => [file, await hashFile(join(folder, file))]),
  )
  return files.length === 0 ? undefined : sha256(JSON.stringify(hashes))
}
