import { listEntries, MANIFEST_NAME, type Manifest } from './manifest.ts'
import { extname } from 'node:path'
import { failure } from '../errors/index.ts'
import { hasChecksum } from '../plan/integrity.ts'
import type { LoadedProject } from './project.ts'

interface Verified {
  /** With the recorded checksums, where they are not edited. */
  readonly migrations: LoadedProject['migrations']
  /** Names of those that may be edited, and are. */
  readonly edited: readonly string[]
}

/**
 * Compares the loaded migrations with the manifest: none is new or moved, and only those are edited that `mayBeEdited`
 * names, since something else than their source runs.
 * Throws NOT_IN_MANIFEST, FILE_MISSING, FILE_EDITED, CODE_COMPILED.
 */
export function verifyLoaded(
  manifest: Manifest,
  loaded: LoadedProject['migrations'],
  mayBeEdited: ReadonlySet<string> = new Set(),
): Verified {
  const entries = listEntries(manifest)
  const recorded = new Map(entries.map((entry) => [entry.name, entry]))
  const found = new Set(loaded.map(({ migration }) => migration.name))
  const unlisted = [...found].filter((name) => !recorded.has(name))
  if (unlisted.length > 0)
    throw failure('NOT_IN_MANIFEST', { names: unlisted, manifest: MANIFEST_NAME })
  const missing = entries.filter(({ name }) => !found.has(name)).map(({ name }) => name)
  if (missing.length > 0) throw failure('FILE_MISSING', { names: missing, manifest: MANIFEST_NAME })
  const files: { name: string; recorded: string; found: string }[] = []
  const edited: string[] = []
  const migrations = loaded.map((one) => {
    const { migration, file } = one
    const { name, checksum, phase } = migration
    const entry = recorded.get(name)
    if (!entry) return one
    if (entry.phase === phase && hasChecksum(migration, entry.checksum))
      return { ...one, migration: { ...migration, checksum: entry.checksum } }
    if (mayBeEdited.has(name)) {
      edited.push(name)
      return one
    }
    if (migration.equivalents && extname(entry.file) !== extname(file))
      throw failure('CODE_COMPILED', { name, recorded: entry.file, found: file })
    files.push({ name, recorded: entry.checksum, found: checksum })
    return one
  })
  if (files.length > 0) throw failure('FILE_EDITED', { files })
  return { migrations, edited }
}
