import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { failure } from '../errors.ts'
import type { LedgerName } from '../database-state.ts'
import type { CodeSession, Migration } from '../migration.ts'
import { withPhases } from '../phase/index.ts'
import { verifyLoaded } from './verify.ts'
import { sha256 } from '../sql/checksum.ts'
import {
  LOCK_FILE_NAME,
  lockOf,
  readLockFile,
  type LockableMigration,
  type LockFile,
} from './lock-file.ts'

/**
 * A project whose migrations live in files beside a lock file. Nothing of the project's own code is
 * imported until `load` is called, so that a run with nothing to do costs next to nothing.
 */
export interface Project {
  /** Where the lock file is, or would be: beside the project's configuration. */
  readonly lockPath: string
  /** True where the project keeps no lock file: then the journal alone tells what was applied. */
  readonly isUnlocked?: boolean
  /** The ledger to work with, where it is not the one that the lock file names. */
  readonly ledger?: LedgerName
  /** Imports the configuration and the migrations. Throws NOT_A_MIGRATION, STATEMENT_UNUSABLE, PROJECT_INVALID. */
  load(): Promise<LoadedProject>
}

/** A project with its ORM: what the adapter provides. */
export interface LoadedProject {
  readonly header: Omit<LockFile, 'lockfileVersion' | 'migrations'>
  readonly migrations: readonly (LockableMigration & { readonly migration: Migration })[]
  /** Writes a migration from what changed in the entities; returns its path, undefined where nothing has. */
  create(options: CreateOptions): Promise<string | undefined>
  /** Statements by which the entities differ from the last migration; undefined where no snapshot tells. */
  unmigrated(): Promise<readonly string[] | undefined>
  /** Runs the seeders in the session's transaction; returns what they have to say. */
  seed(session: CodeSession): Promise<readonly string[]>
  close(): Promise<void>
}

export interface CreateOptions {
  readonly name: string | undefined
  /** An empty migration, whatever has changed. */
  readonly blank: boolean
  /** What has another name now, as `old:new`: tables, or columns as `table.old:new`. */
  readonly renames?: readonly string[]
  /** What is gone for good: tables, or columns as `table.column`. */
  readonly drops?: readonly string[]
  /** Lends a database to compare with, for a project that keeps no snapshot of its entities. */
  readonly withDatabase: (work: (session: CodeSession) => Promise<void>) => Promise<void>
}

/** What is known of the migrations without loading them. */
export interface LockedProject {
  readonly lock: LockFile
  /** True where every file is, byte for byte, the one that was locked, and there is no other. */
  readonly isPristine: boolean
  /** Hash of the seeders' files; undefined where there are none. */
  readonly seedersChecksum: string | undefined
}

/**
 * Reads the lock file and hashes the files that it lists.
 * Throws NOT_LOCKED where there is no lock file, LOCK_FILE_BROKEN, FILE_MISSING.
 */
export async function openLocked(project: Project): Promise<LockedProject> {
  if (project.isUnlocked) return openUnlocked(project)
  const found = await readLockFile(project.lockPath)
  if (!found) {
    throw failure('PROJECT_INVALID', {
      reason: `There is no ${LOCK_FILE_NAME} in ${dirname(project.lockPath)}. To write it from the migrations that are there, run: migrate lock`,
    })
  }
  const lock = { ...found, ledger: project.ledger ?? found.ledger }
  const root = dirname(project.lockPath)
  const folder = resolve(root, lock.folder)
  const files = await candidates(folder)
  // A build may have compiled what was locked as TypeScript: `X.ts` is `X.js` then.
  const present = new Map(lock.migrations.map(({ file }) => [file, sameNamed(file, files)]))
  const listed = new Set(present.values())
  const missing = [...present].flatMap(([file, path]) => (path === undefined ? [file] : []))
  if (missing.length > 0)
    throw failure('FILE_MISSING', { names: missing, lockFile: LOCK_FILE_NAME })
  const hashes = await Promise.all(
    lock.migrations.map(({ file }) => hashFile(join(folder, present.get(file) ?? file))),
  )
  const isPristine =
    files.every((file) => listed.has(file)) &&
    lock.migrations.every(({ bytes }, i) => bytes === hashes[i])
  const seedersChecksum = lock.seeders && (await hashFolder(resolve(root, lock.seeders)))
  return { lock, isPristine, seedersChecksum }
}

/** The file of that name, or the one that has MikroORM's name of it. */
function sameNamed(file: string, files: readonly string[]): string | undefined {
  return files.includes(file) ? file : files.find((other) => stem(other) === stem(file))
}

function stem(file: string): string {
  return file.replace(/\.[jt]s$/, '')
}

/** What the migrations say of themselves, in place of a lock file. */
async function openUnlocked(project: Project): Promise<LockedProject> {
  const loaded = await project.load()
  try {
    const { migrations, ...header } = lockOf(loaded.header, loaded.migrations)
    const known = migrations.map((entry, position) => {
      const equivalents = loaded.migrations[position]?.migration.equivalents
      return { ...entry, ...(equivalents && { equivalents }) }
    })
    return { lock: { ...header, migrations: known }, isPristine: true, seedersChecksum: undefined }
  } finally {
    await loaded.close()
  }
}

/** Loads a project and holds its migrations against the lock file; they have the phase that rules. */
export async function loadVerified(
  project: Project,
  { lock }: LockedProject,
): Promise<LoadedProject> {
  const loaded = await project.load()
  try {
    return await judged({ ...loaded, migrations: verifyLoaded(lock, loaded.migrations) }, lock)
  } catch (error) {
    await loaded.close()
    throw error
  }
}

async function judged(
  loaded: LoadedProject,
  { phaseExceptions }: LockFile,
): Promise<LoadedProject> {
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

/** Files that MikroORM would take for a migration. Declarations and tests beside them are not. */
export async function candidates(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter(isCandidate).toSorted()
}

export function isCandidate(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) && !/\.(d|test|spec)\.[cm]?[jt]s$/.test(name)
}

export async function hashFile(path: string): Promise<string> {
  return sha256(await readFile(path))
}

async function hashFolder(folder: string): Promise<string | undefined> {
  const files = await candidates(folder)
  const hashes = await Promise.all(
    files.map(async (file) => [file, await hashFile(join(folder, file))]),
  )
  return files.length === 0 ? undefined : sha256(JSON.stringify(hashes))
}
