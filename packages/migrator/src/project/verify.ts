import { failure } from '../errors.ts'
import type { Migration } from '../migration.ts'
import { LOCK_FILE_NAME, type LockFile } from './lock-file.ts'

/**
 * Holds the migrations at hand against the lock file: none new, none edited, none moved.
 * Throws NOT_LOCKED, FILE_MISSING, FILE_EDITED.
 */
export function verifyLoaded(lock: LockFile, migrations: readonly Migration[]): void {
  const locked = new Map(lock.migrations.map((entry) => [entry.name, entry]))
  const found = new Set(migrations.map(({ name }) => name))
  const unlisted = migrations.filter(({ name }) => !locked.has(name)).map(({ name }) => name)
  if (unlisted.length > 0)
    throw failure('NOT_LOCKED', { names: unlisted, lockFile: LOCK_FILE_NAME })
  const missing = lock.migrations.filter(({ name }) => !found.has(name)).map(({ name }) => name)
  if (missing.length > 0)
    throw failure('FILE_MISSING', { names: missing, lockFile: LOCK_FILE_NAME })
  for (const { name, checksum, phase } of migrations) {
    const entry = locked.get(name)
    if (entry && (entry.checksum !== checksum || entry.phase !== phase)) {
      throw failure('FILE_EDITED', { name, locked: entry.checksum, found: checksum })
    }
  }
}
