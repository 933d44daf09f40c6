import {
  FORMER_MANIFEST_NAME,
  MANIFEST_NAME,
  type HashableMigration,
  type Manifest,
  type ManifestEntry,
  type ManifestHeader,
} from './manifest.ts'
import { rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { failure } from '../errors/index.ts'
import type { ConflictSide } from '../errors/project.ts'
import { readText } from '../compiled/json-file.ts'
import { isConflicted, splitSides, type ConflictedSide } from './conflict.ts'
import { malformation } from './manifest-form.ts'
import { sha256 } from '../sql/checksum.ts'

/**
 * Reads and verifies a manifest. Undefined where there is none.
 * Throws MANIFEST_BROKEN; PROJECT_INVALID where the manifest still has its former name.
 */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readText(path)
  if (text === undefined) return refuseFormer(path)
  refuseConflict(path, text)
  return parseWhole(path, text, { isMendable: true })
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

/** A manifest that is to be written again. */
export interface Recorded {
  readonly manifest: Manifest
  /** False where its chain is broken: it was put together by hand. */
  readonly isWhole: boolean
}

/**
 * Reads a manifest that is to be written again, also one whose chain is broken, and one under its former name: what is
 * recorded in it stays binding. Undefined where there is none; throws MANIFEST_CONFLICTED, and MANIFEST_BROKEN where
 * nothing can be read in it.
 */
export async function readRecorded(path: string): Promise<Recorded | undefined> {
  const text = await readText(path)
  if (text === undefined) {
    return path === formerPath(path) ? undefined : readRecorded(formerPath(path))
  }
  refuseConflict(path, text)
  const manifest = parseManifest(path, text)
  return { manifest, isWhole: findBreak(manifest) === undefined }
}

/** What is left of a manifest in which a merge has left its conflict. */
export interface Merged {
  /** None where there is no conflict. */
  readonly sides: readonly ConflictSide[]
  readonly phaseExceptions: Readonly<Record<string, string>>
  /** The checksums of each migration. */
  readonly checksums: ReadonlyMap<string, readonly string[]>
}

/** Reads what all sides of a manifest say. Throws MANIFEST_BROKEN where nothing can be read in it. */
export async function readMerged(path: string): Promise<Merged> {
  const text = await readText(path)
  if (text === undefined) return { sides: [], phaseExceptions: {}, checksums: new Map() }
  const parts = isConflicted(text) ? splitSides(text) : [{ label: '', text }]
  const manifests = parts.map((part) => parseManifest(path, part.text))
  return {
    sides: parts.length > 1 ? compareSides(parts, manifests) : [],
    phaseExceptions: Object.assign({}, ...manifests.map((side) => side.phaseExceptions)),
    checksums: listChecksums(manifests),
  }
}

/** The checksums on record, by name: several where manifests differ. */
function listChecksums(manifests: readonly Manifest[]): Merged['checksums'] {
  const entries = Map.groupBy(
    manifests.flatMap(({ migrations }) => migrations),
    ({ name }) => name,
  )
  return new Map([...entries].map(([name, all]) => [name, all.map(({ checksum }) => checksum)]))
}

/** Throws MANIFEST_CONFLICTED, which names both sides. */
function refuseConflict(path: string, text: string): void {
  if (!isConflicted(text)) return
  const parts = splitSides(text)
  const manifests = parts.map((part) => parseManifest(path, part.text))
  throw failure('MANIFEST_CONFLICTED', {
    manifest: basename(path),
    sides: compareSides(parts, manifests),
  })
}

/** What each side alone has. */
function compareSides(
  parts: readonly ConflictedSide[],
  manifests: readonly Manifest[],
): ConflictSide[] {
  const lists = manifests.map(({ migrations }) => migrations.map(({ name }) => name))
  return parts.map(({ label }, i) => ({
    label,
    adds: (lists[i] ?? []).filter((name) => !lists.every((names) => names.includes(name))),
  }))
}

/** The manifest of another revision. Throws MANIFEST_BROKEN. */
export function readReleased(path: string, text: string): Manifest {
  return parseWhole(path, text, { isMendable: false })
}

function parseWhole(
  path: string,
  text: string,
  { isMendable }: { readonly isMendable: boolean },
): Manifest {
  const manifest = parseManifest(path, text)
  const at = findBreak(manifest)
  if (at !== undefined) throw broken(path, `the chain breaks at ${at}`, isMendable)
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
function findBreak(
  { migrations, squashed = [] }: Pick<Manifest, 'migrations' | 'squashed'>,
  before = '',
): string | undefined {
  let previous = before
  for (const entry of migrations) {
    const parts = partsOf(entry, squashed)
    const within = findBreak({ migrations: parts, squashed }, previous)
    if (within !== undefined) return within
    if (entry.chain !== link(previous, entry)) return entry.name
    previous = entry.chain
  }
  return undefined
}

function partsOf<T extends { readonly name: string }>(
  { replaces = [] }: Pick<ManifestEntry, 'replaces'>,
  squashed: readonly T[],
): T[] {
  return replaces.flatMap(({ name }) => squashed.find((one) => one.name === name) ?? [])
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

/** Chains `migrations` in their order, and of `squashed` those that they stand for in the order that those had. */
export function chainManifest(
  header: ManifestHeader,
  migrations: readonly HashableMigration[],
  squashed: readonly HashableMigration[] = [],
): Manifest {
  const named = squashed.map((one) => ({ ...one, name: one.migration.name }))
  const aside: ManifestEntry[] = []
  const chainAll = (list: readonly HashableMigration[], before: string): ManifestEntry[] => {
    let previous = before
    return list.map((one) => {
      aside.push(...chainAll(partsOf(one.migration, named), previous))
      const entry = toEntry(one)
      previous = link(previous, entry)
      return { ...entry, chain: previous }
    })
  }
  const recorded = chainAll(migrations, '')
  return {
    manifestVersion: 2,
    ...header,
    migrations: recorded,
    ...(aside.length > 0 && { squashed: aside }),
  }
}

function toEntry({
  migration,
  file,
  bytes,
  compiled,
  analysis,
  contracts,
}: HashableMigration): Omit<ManifestEntry, 'chain'> {
  const { name, phase, checksum, replaces } = migration
  const rest = {
    ...(replaces && { replaces }),
    ...(compiled && { compiled }),
    ...(analysis && { analysis }),
    ...(contracts && { contracts }),
  }
  return { name, file, phase, checksum, bytes, ...rest }
}

/**
 * The migrations that each build has, by the chain of its last one: with squashes in the place of their parts, and with
 * those, as builds from before a squash have it.
 */
export function migrationsByChain({
  migrations,
  squashed = [],
}: Pick<Manifest, 'migrations' | 'squashed'>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>()
  const follow = ([entry, ...rest]: readonly ManifestEntry[], previous: string, has: string[]) => {
    if (!entry) return
    const parts = partsOf(entry, squashed)
    if (parts.length > 0) follow([...parts, ...rest], previous, has)
    const chain = link(previous, entry)
    const names = [...has, ...namesWithin(entry, squashed)]
    found.set(chain, new Set(names))
    follow(rest, chain, names)
  }
  follow(migrations, '', [])
  return found
}

function namesWithin(entry: ManifestEntry, squashed: readonly ManifestEntry[]): string[] {
  const { name, replaces = [] } = entry
  const parts = partsOf(entry, squashed).flatMap((part) => namesWithin(part, squashed))
  return [name, ...replaces.map((part) => part.name), ...parts]
}

/**
 * Writes a manifest with a line for each migration, so that merges conflict. One that says the same stays as it is,
 * and one under the former name goes. False where it stays as it was.
 */
export async function writeManifest(path: string, manifest: Manifest): Promise<boolean> {
  const { migrations, squashed, ...header } = manifest
  const head = JSON.stringify(header, undefined, 2).replace(/\n\}$/, '')
  const tail = squashed ? `,\n  "squashed": ${writeLines(squashed)}` : ''
  const text = `${head},\n  "migrations": ${writeLines(migrations)}${tail}\n}\n`
  const isOther = (await readText(path)) !== text
  if (isOther) await writeFile(path, text)
  await rm(formerPath(path), { force: true })
  return isOther
}

function writeLines(entries: readonly ManifestEntry[]): string {
  return `[\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`
}

/** `bytes` is no part of the chain: a reformatted file is the same migration. Nor is what is read out of it. */
function link(
  previous: string,
  entry: Omit<ManifestEntry, 'chain' | 'bytes' | 'analysis' | 'contracts'>,
): string {
  const { name, file, phase, checksum, replaces, compiled } = entry
  const parts = [...(replaces ? [JSON.stringify(replaces)] : []), ...(compiled ? [compiled] : [])]
  // What was squashed is chained as it was in the folder of the others: builds of then are known by it.
  const within = file.startsWith('../') ? basename(file) : file
  return sha256([previous, name, within, phase, checksum, ...parts].join('\n'))
}
