import { hasChecksum } from '../plan/integrity.ts'
import {
  lockOf,
  readLockFile,
  writeLockFile,
  type LockableMigration,
  type LockFile,
} from './lock-file.ts'
import { loadVerified, openLocked, type CreateOptions, type Project } from './project.ts'

export interface LockReport {
  readonly path: string
  /** New in the lock file, or recorded anew because they were edited. */
  readonly recorded: readonly string[]
  /** In the lock file before, without a file now. */
  readonly removed: readonly string[]
}

/**
 * Writes the lock file from the migrations that are there. For migrations that were not released yet: on a
 * database that has applied another text, `up` still refuses.
 */
export async function lockProject(project: Project): Promise<LockReport> {
  const before = await readLockFile(project.lockPath).catch(() => undefined)
  const loaded = await project.load()
  try {
    const after = lockOf(loaded.header, withRecorded(loaded.migrations, before))
    await writeLockFile(project.lockPath, after)
    const known = new Map(before?.migrations.map(({ name, checksum }) => [name, checksum]))
    const names = new Set(after.migrations.map(({ name }) => name))
    return {
      path: project.lockPath,
      recorded: after.migrations
        .filter(({ name, checksum }) => known.get(name) !== checksum)
        .map(({ name }) => name),
      removed: [...known.keys()].filter((name) => !names.has(name)),
    }
  } finally {
    await loaded.close()
  }
}

/** A checksum that is as good as the one that the file has now stays: databases have recorded it. */
function withRecorded(
  migrations: readonly LockableMigration[],
  before: LockFile | undefined,
): LockableMigration[] {
  const known = new Map(before?.migrations.map(({ name, checksum }) => [name, checksum]))
  return migrations.map((one) => {
    const recorded = known.get(one.migration.name)
    const isSame = recorded !== undefined && hasChecksum(one.migration, recorded)
    return isSame ? { ...one, migration: { ...one.migration, checksum: recorded } } : one
  })
}

/**
 * Loads every migration and holds it against the lock file, whatever their bytes say: for CI, where an edit
 * must be found that lies in a module which the migrations share.
 * Throws NOT_LOCKED, FILE_MISSING, FILE_EDITED, LOCK_FILE_BROKEN.
 */
export async function checkLock(project: Project): Promise<void> {
  await (await loadVerified(project, await openLocked(project))).close()
}

/**
 * Generates a migration from the difference between the entities and the last state, formats it, and adds
 * it to the lock file. Undefined where nothing has changed.
 */
export async function createMigration(
  project: Project,
  options: CreateOptions,
): Promise<string | undefined> {
  const loaded = await project.load()
  let path: string | undefined
  try {
    path = await loaded.create(options)
  } finally {
    await loaded.close()
  }
  if (path !== undefined) await lockProject(project)
  return path
}
