import {
  FORMER_MANIFEST_NAME,
  MANIFEST_NAME,
  type HashableMigration,
  type Manifest,
  type ManifestEntry,
} from './manifest.ts'
import { rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { failure } from '../errors/index.ts'
import type { ConflictSide } from '../errors/project.ts'
import { readText } from '../compiled/json-file.ts'
import { isConflicted, splitSides } from './conflict.ts'
import { malformation } from './manifest-form.ts'
import { sha256 } from '../sql/checksum.ts'

/**
 * Reads and verifies a manifest. Undefined where there is none.
 * Throws MANIFEST_BROKEN; PROJECT_INVALID where the manifest still has its former name.
 */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readText(path)
  if (text === undefined) return refuseFormer(path)
  if (isConflicted(text)) await refuseConflict(path)
  const manifest = parseManifest(path, text)
  const at = findBreak(manifest)
  if (at !== undefined) throw broken(path, `the chain breaks at ${at}`, true)
  return manifest
}

async function refuseFormer(path: string): Promise<undefined> {
  const former = formerPath(path)
  if ((await readText(former)) === undefined) return undefined
  const reason = `${former} is the manifest under its former name; it is ${MANIFEST_NAME} now.`
  throw failure('PROJECT_INVALID', {
    reason,
    next: [{ command: 'hash', why: 'To rename it' }],
  })
}

function formerPath(path: string): string {
  return join(dirname(path), FORMER_MANIFEST_NAME)
}

/** What a manifest says of the migrations, where it is to be written again. */
export interface Recorded {
  /** As it was read; of a file with the conflict of a merge, its first side. */
  readonly manifest: Manifest
  /** False where a merge has left it in parts, or in another order than it was written in. */
  readonly isWhole: boolean
  /** Checksums that are on record, by name: several where the sides of a merge differ. */
  readonly checksums: ReadonlyMap<string, readonly string[]>
  /** Names that every side of a merge has. */
  readonly common: ReadonlySet<string>
  /** The sides of a conflict; none where there is no conflict. */
  readonly sides: readonly ConflictSide[]
}

/**
 * Reads a manifest that is to be written again, also one whose chain is broken, and one under its former name: what is
 * recorded in it stays binding. Undefined where there is none; throws MANIFEST_CONFLICTED, and MANIFEST_BROKEN where
 * nothing can be read in it.
 */
export async function readRecorded(path: string): Promise<Recorded | undefined> {
  await refuseConflict(path)
  return readMerged(path)
}

/** The same of a manifest that may have the conflict of a merge. Throws MANIFEST_BROKEN. */
export async function readMerged(path: string): Promise<Recorded | undefined> {
  return (await readSides(path)) ?? readSides(formerPath(path))
}

async function readSides(path: string): Promise<Recorded | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const parts = isConflicted(text) ? splitSides(text) : [{ label: '', text }]
  const manifests = parts.map((part) => parseManifest(path, part.text))
  const [manifest] = manifests
  if (!manifest) return undefined
  const isMerged = parts.length > 1
  if (isMerged && manifests.some((side) => findBreak(side) !== undefined)) {
    throw broken(path, 'a side of the merge in it is not what was written', false)
  }
  const entries = manifests.flatMap((side) => side.migrations)
  const byName = Map.groupBy(entries, ({ name }) => name)
  const common = new Set([...byName.keys()].filter((name) => manifests.every(lists(name))))
  const exceptions = Object.assign({}, ...manifests.map((side) => side.phaseExceptions))
  const sides = parts.map(({ label }, i) => {
    const names = (manifests[i]?.migrations ?? []).map(({ name }) => name)
    return { label, adds: names.filter((name) => !common.has(name)) }
  })
  return {
    manifest: {
      ...manifest,
      ...(Object.keys(exceptions).length > 0 && { phaseExceptions: exceptions }),
    },
    isWhole: !isMerged && findBreak(manifest) === undefined,
    checksums: new Map(
      [...byName].map(([name, all]) => [name, all.map(({ checksum }) => checksum)]),
    ),
    common,
    sides: isMerged ? sides : [],
  }
}

function lists(name: string): (manifest: Manifest) => boolean {
  return ({ migrations }) => migrations.some((entry) => entry.name === name)
}

/** Throws MANIFEST_CONFLICTED, which names both sides. */
async function refuseConflict(path: string): Promise<void> {
  const { sides = [] } = (await readSides(path)) ?? {}
  if (sides.length > 0) throw failure('MANIFEST_CONFLICTED', { manifest: basename(path), sides })
}

/** The manifest of another revision. Throws MANIFEST_BROKEN. */
export function readReleased(path: string, text: string): Manifest {
  const manifest = parseManifest(path, text)
  const at = findBreak(manifest)
  if (at !== undefined) throw broken(path, `the chain breaks at ${at}`, false)
  return manifest
}

function parseManifest(path: string, text: string): Manifest {
  let manifest: Manifest
  try {
    manifest = JSON.parse(text, basename(path) === FORMER_MANIFEST_NAME ? inPresentForm : undefined)
  } catch (error) {
    throw broken(path, `it is no JSON (${(error as Error).message})`, false)
  }
  const wrong = malformation(manifest)
  if (wrong !== undefined) throw broken(path, `it ${wrong}`, false)
  for (const [name, reason] of Object.entries(manifest.phaseExceptions ?? {})) {
    if (typeof reason === 'string' && reason.trim() !== '') continue
    throw broken(path, `phaseExceptions gives no reason for ${name}`, false)
  }
  return manifest
}

/** Under its former name the manifest had another key for its version; chain and checksums are the same. */
function inPresentForm(key: string, value: unknown): unknown {
  if (key !== '' || typeof value !== 'object' || value === null) return value
  const { lockfileVersion, ...rest } = value as Partial<Record<string, unknown>>
  return Array.isArray(value) ? value : { manifestVersion: lockfileVersion, ...rest }
}

/** The first entry that is not chained to the one before it. */
function findBreak({ migrations }: Manifest): string | undefined {
  let previous = ''
  for (const entry of migrations) {
    if (entry.chain !== link(previous, entry)) return entry.name
    previous = entry.chain
  }
  return undefined
}

/** `isMendable`: `hash` can write the file again from what is recorded in it. */
function broken(path: string, reason: string, isMendable: boolean) {
  const next = isMendable
    ? ([{ command: 'hash', why: 'Or, to write it again from what is in it' }] as const)
    : []
  return failure('MANIFEST_BROKEN', { manifest: basename(path), reason, next })
}

/** The exceptions of migrations that are there; undefined for none. */
export function pickExceptions(
  exceptions: Manifest['phaseExceptions'],
  migrations: readonly { readonly name: string }[],
): Manifest['phaseExceptions'] {
  const names = new Set(migrations.map(({ name }) => name))
  const kept = Object.entries(exceptions ?? {}).filter(([name]) => names.has(name))
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** Chains `migrations` in their order. */
export function chainManifest(
  header: Omit<Manifest, 'manifestVersion' | 'migrations'>,
  migrations: readonly HashableMigration[],
): Manifest {
  let previous = ''
  const recorded = migrations.map(({ migration, file, bytes, compiled, analysis }) => {
    const { name, phase, checksum, replaces } = migration
    const rest = {
      ...(replaces && { replaces }),
      ...(compiled && { compiled }),
      ...(analysis && { analysis }),
    }
    const entry = { name, file, phase, checksum, bytes, ...rest }
    previous = link(previous, entry)
    return { ...entry, chain: previous }
  })
  return { manifestVersion: 2, ...header, migrations: recorded }
}

/**
 * Writes a manifest with a line for each migration, so that merges conflict. One that says the same stays as it is,
 * and one under the former name goes. False where it stays as it was.
 */
export async function writeManifest(path: string, manifest: Manifest): Promise<boolean> {
  const { migrations, ...header } = manifest
  const lines = migrations.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  const head = JSON.stringify(header, undefined, 2).replace(/\n\}$/, '')
  const text = `${head},\n  "migrations": [\n${lines}\n  ]\n}\n`
  const isOther = (await readText(path)) !== text
  if (isOther) await writeFile(path, text)
  await rm(formerPath(path), { force: true })
  return isOther
}

/** `bytes` is no part of the chain: a reformatted file is the same migration. */
function link(
  previous: string,
  entry: Omit<ManifestEntry, 'chain' | 'bytes' | 'analysis'>,
): string {
  const { name, file, phase, checksum, replaces, compiled } = entry
  const parts = [...(replaces ? [JSON.stringify(replaces)] : []), ...(compiled ? [compiled] : [])]
  return sha256([previous, name, file, phase, checksum, ...parts].join('\n'))
}
