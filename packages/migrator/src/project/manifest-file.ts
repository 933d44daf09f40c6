import type { Manifest, ManifestEntry, HashableMigration } from './manifest.ts'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { failure } from '../errors/index.ts'
import { malformation } from './manifest-form.ts'
import { sha256 } from '../sql/checksum.ts'

/** Reads and verifies a lock file. Undefined where there is none; throws MANIFEST_BROKEN. */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  if (isConflicted(text)) throw broken(path, 'a merge has left its conflict in it', true)
  const lock = parseLock(path, text)
  const at = breakOf(lock)
  if (at !== undefined) throw broken(path, `the chain breaks at ${at}`, true)
  return lock
}

/** What a lock file says of the migrations, where it is to be written anew. */
export interface Recorded {
  /** As it was read, or undefined where it is in parts. */
  readonly lock: Manifest
  /** False where a merge has left it in parts, or in another order than it was written in. */
  readonly isWhole: boolean
  /** Checksums that are on record, by name: several where the sides of a merge differ. */
  readonly checksums: ReadonlyMap<string, readonly string[]>
  /** Names that every side of a merge has. */
  readonly common: ReadonlySet<string>
}

/**
 * Reads a lock file that is to be written anew, also one that a merge has left in parts: what is recorded in it
 * stays binding. Undefined where there is none; throws MANIFEST_BROKEN where nothing can be read in it.
 */
export async function readRecorded(path: string): Promise<Recorded | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const sides = sidesOf(text).map((side) => parseLock(path, side))
  const [lock] = sides
  if (!lock) return undefined
  if (sides.length > 1 && sides.some((side) => breakOf(side) !== undefined)) {
    throw broken(path, 'a side of the merge in it is not what was written', false)
  }
  const entries = sides.flatMap((side) => side.migrations)
  const names = [...new Set(entries.map(({ name }) => name))]
  const checksums = names.map((name) => {
    const ofName = entries.filter((entry) => entry.name === name)
    return [name, ofName.map(({ checksum }) => checksum)] as const
  })
  const exceptions = Object.assign({}, ...sides.map((side) => side.phaseExceptions))
  return {
    lock: { ...lock, ...(Object.keys(exceptions).length > 0 && { phaseExceptions: exceptions }) },
    isWhole: sides.length === 1 && breakOf(lock) === undefined,
    checksums: new Map(checksums),
    common: new Set(
      names.filter((name) =>
        sides.every((side) => side.migrations.some((entry) => entry.name === name)),
      ),
    ),
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw failure('FILE_UNUSABLE', { path, doing: 'reading', reason: error.code ?? '' }, error)
  })
}

function parseLock(path: string, text: string): Manifest {
  let lock: Manifest
  try {
    lock = JSON.parse(text)
  } catch (error) {
    throw broken(path, `it is no JSON (${(error as Error).message})`, false)
  }
  const wrong = malformation(lock)
  if (wrong !== undefined) throw broken(path, `it ${wrong}`, false)
  for (const [name, reason] of Object.entries(lock.phaseExceptions ?? {})) {
    if (typeof reason === 'string' && reason.trim() !== '') continue
    throw broken(path, `phaseExceptions gives no reason for ${name}`, false)
  }
  return lock
}

/** The first entry that is not chained to the one before it. */
function breakOf({ migrations }: Manifest): string | undefined {
  let previous = ''
  for (const entry of migrations) {
    if (entry.chain !== link(previous, entry)) return entry.name
    previous = entry.chain
  }
  return undefined
}

/** Only what `lock` can put in order by what is recorded is put in order by it. */
function broken(path: string, reason: string, isMendable: boolean) {
  const remedy = isMendable
    ? 'Restore it, or run: migrate hash'
    : 'Restore it from version control.'
  return failure('MANIFEST_BROKEN', { manifest: basename(path), reason, remedy })
}

const MARKER = /^(?:<{7}|\|{7}|={7}|>{7})(?: |\r?$)/m

function isConflicted(text: string): boolean {
  return MARKER.test(text)
}

/** The file as it was on each side of a merge; the common ancestor that some settings add is on none. */
function sidesOf(text: string): string[] {
  if (!isConflicted(text)) return [text]
  return (['<', '='] as const).map((wanted) => {
    let part = ''
    const lines = text.split('\n').filter((line) => {
      if (!MARKER.test(line)) return part === '' || part === wanted
      part = line.startsWith('>') ? '' : (line[0] ?? '')
      return false
    })
    return lines.join('\n')
  })
}

/** Chains `migrations` in their order. */
export function manifestOf(
  header: Omit<Manifest, 'lockfileVersion' | 'migrations'>,
  migrations: readonly HashableMigration[],
): Manifest {
  let previous = ''
  const locked = migrations.map(({ migration, file, bytes }) => {
    const { name, phase, checksum, replaces } = migration
    const entry = { name, file, phase, checksum, bytes, ...(replaces && { replaces }) }
    previous = link(previous, entry)
    return { ...entry, chain: previous }
  })
  return { lockfileVersion: 1, ...header, migrations: locked }
}

/** Writes a lock file with a line for each migration, so that merges conflict; one that says the same stays as it is. */
export async function writeManifest(path: string, lock: Manifest): Promise<void> {
  const { migrations, ...header } = lock
  const lines = migrations.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  const head = JSON.stringify(header, undefined, 2).replace(/\n\}$/, '')
  const text = `${head},\n  "migrations": [\n${lines}\n  ]\n}\n`
  if ((await readText(path)) !== text) await writeFile(path, text)
}

/** `bytes` is no part of the chain: a reformatted file is the same migration. */
function link(previous: string, entry: Omit<ManifestEntry, 'chain' | 'bytes'>): string {
  const { name, file, phase, checksum, replaces } = entry
  const parts = replaces ? [JSON.stringify(replaces)] : []
  return sha256([previous, name, file, phase, checksum, ...parts].join('\n'))
}
