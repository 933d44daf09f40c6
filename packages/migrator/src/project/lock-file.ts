import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { failure } from '../errors.ts'
import type { Migration, Phase, ReplacedMigration } from '../migration.ts'
import type { LedgerName } from '../database-state.ts'
import { malformation } from './lock-file-form.ts'
import { sha256 } from '../sql/checksum.ts'

export const LOCK_FILE_NAME = 'migrator.lock.json'

/**
 * The committed record of all migrations, in order. Each entry's `chain` covers its predecessor's, so an
 * edited or moved entry breaks all that follow; two branches that both add one conflict at the merge.
 */
export interface LockFile {
  readonly lockfileVersion: 1
  /** Folder of the migrations, relative to the lock file. */
  readonly folder: string
  /** Folder of the seeders, relative to the lock file; absent where the project seeds nothing. */
  readonly seeders?: string
  readonly ledger: LedgerName
  readonly migrations: readonly LockedMigration[]
}

export interface LockedMigration {
  readonly name: string
  /** Within the folder. */
  readonly file: string
  readonly phase: Phase
  /** Of its statements: what is compared. */
  readonly checksum: string
  /** SHA-256 of the file: while it is the same, nothing needs to be loaded to know the checksum. */
  readonly bytes: string
  /** Not in the file: where there is none, what the migrations say of themselves. */
  readonly equivalents?: readonly string[]
  /** Of a rolled-up migration: what it stands for. */
  readonly replaces?: readonly ReplacedMigration[]
  readonly chain: string
}

/** A migration with its file, as the lock file records it. */
export interface LockableMigration {
  readonly migration: Pick<Migration, 'name' | 'phase' | 'checksum' | 'equivalents' | 'replaces'>
  readonly file: string
  readonly bytes: string
}

/** Reads and verifies a lock file. Undefined where there is none; throws LOCK_FILE_BROKEN. */
export async function readLockFile(path: string): Promise<LockFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw failure('FILE_UNUSABLE', { path, doing: 'reading', reason: error.code ?? '' }, error)
  })
  if (text === undefined) return undefined
  const broken = (reason: string) =>
    failure('LOCK_FILE_BROKEN', { lockFile: basename(path), reason })
  let lock: LockFile
  try {
    lock = JSON.parse(text)
  } catch (error) {
    throw broken(`it is no JSON (${(error as Error).message})`)
  }
  const wrong = malformation(lock)
  if (wrong !== undefined) throw broken(`it ${wrong}`)
  let previous = ''
  for (const entry of lock.migrations) {
    if (entry.chain !== link(previous, entry)) throw broken(`the chain breaks at ${entry.name}`)
    previous = entry.chain
  }
  return lock
}

/** Chains `migrations` in their order. */
export function lockOf(
  header: Omit<LockFile, 'lockfileVersion' | 'migrations'>,
  migrations: readonly LockableMigration[],
): LockFile {
  let previous = ''
  const locked = migrations.map(({ migration, file, bytes }) => {
    const { name, phase, checksum, replaces } = migration
    const entry = { name, file, phase, checksum, bytes, ...(replaces && { replaces }) }
    previous = link(previous, entry)
    return { ...entry, chain: previous }
  })
  return { lockfileVersion: 1, ...header, migrations: locked }
}

/** Writes a lock file with a line for each migration, so that merges conflict. */
export async function writeLockFile(path: string, lock: LockFile): Promise<void> {
  const { migrations, ...header } = lock
  const lines = migrations.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  const head = JSON.stringify(header, undefined, 2).replace(/\n\}$/, '')
  await writeFile(path, `${head},\n  "migrations": [\n${lines}\n  ]\n}\n`)
}

/** `bytes` is no part of the chain: a reformatted file is the same migration. */
function link(previous: string, entry: Omit<LockedMigration, 'chain' | 'bytes'>): string {
  const { name, file, phase, checksum, replaces } = entry
  const parts = replaces ? [JSON.stringify(replaces)] : []
  return sha256([previous, name, file, phase, checksum, ...parts].join('\n'))
}
