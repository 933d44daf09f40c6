import { dirname, join, resolve } from 'node:path'
import {
  compiledPath,
  readCompiled,
  removeCompiled,
  writeCompiled,
} from '../compiled/compiled-file.ts'
import {
  compile,
  hashContent,
  isCurrent,
  isSameAnalysis,
  type Compiled,
  type CompiledMigration,
} from '../compiled/compiled.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import type { Manifest, ManifestEntry } from './manifest.ts'
import type { Project } from './project.ts'

/** A migration's name, and what it compiles to. */
export type NamedCompiled = readonly [name: string, compiled: Compiled]

/** Compiles migrations with the phases that rule; `stated` has those that their classes state. */
export async function compileAll(
  judged: readonly Migration[],
  stated: readonly Pick<Migration, 'name' | 'phase'>[],
): Promise<NamedCompiled[]> {
  const phases = new Map(stated.map(({ name, phase }) => [name, phase]))
  const { findMarks } = await import('../lint/find-marks.ts')
  const names = new Set(judged.map(({ name }) => name))
  // Next to its parts a squash makes nothing, and elsewhere it runs only on a database that has nothing yet.
  const isDoubled = ({ replaces = [] }: Migration) => replaces.some(({ name }) => names.has(name))
  const marks = await findMarks(
    judged.filter((one) => !isDoubled(one)),
    phases,
  )
  return judged.map((migration) => {
    const { name, phase, replaces } = migration
    const found = replaces ? [] : (marks.get(name) ?? [])
    return [name, compile(migration, phases.get(name) ?? phase, found)]
  })
}

/** The folder of a compiled migration, which is that of its source. */
export function compiledPlace(folder: string, { file }: Pick<ManifestEntry, 'file'>): string {
  return join(folder, dirname(file))
}

/** The folder of the compiled migrations, which is that of their sources. */
export function compiledFolder(
  { manifestPath }: Project,
  { folder }: Pick<Manifest, 'folder'>,
): string {
  return resolve(dirname(manifestPath), folder)
}

/**
 * Writes what the migrations compile to; returns the names of those whose file was missing, unreadable or another one.
 * What a file records of the schema stays while its migration is the same.
 */
export async function writeAll(
  root: string,
  compiled: readonly NamedCompiled[],
  entries: readonly Pick<ManifestEntry, 'name' | 'file'>[],
  removed: readonly Pick<ManifestEntry, 'name' | 'file'>[],
): Promise<string[]> {
  const written: string[] = []
  const places = new Map(entries.map((entry) => [entry.name, compiledPlace(root, entry)]))
  for (const entry of removed) await removeCompiled(compiledPlace(root, entry), entry.name)
  for (const [name, one] of compiled) {
    const folder = places.get(name) ?? root
    const before = await readCompiled(folder, name).catch((error: unknown) => {
      if (error instanceof MigratorError && error.code === 'COMPILED_UNREADABLE') return undefined
      throw error
    })
    const isSame = before && hashContent(before.migration) === hashContent(one.migration)
    if (!isSame || !isSameAnalysis(before.analysis, one.analysis)) written.push(name)
    await writeCompiled(folder, name, { ...one, catalog: isSame ? before.catalog : null })
  }
  return written
}

/** The compiled migration of an entry. Throws COMPILED_UNREADABLE. */
export function readEntry(
  folder: string,
  entry: Pick<ManifestEntry, 'name' | 'file'>,
): Promise<CompiledMigration | undefined> {
  return readCompiled(compiledPlace(folder, entry), entry.name)
}

type Recorded = Pick<ManifestEntry, 'name' | 'file' | 'compiled'>

/** The compiled migrations, where each is the one that the manifest has on record. Throws COMPILED_DIFFERS with all others. */
export function verifyRecorded(
  folder: string,
  entries: readonly Recorded[],
  found: readonly (CompiledMigration | undefined)[],
): CompiledMigration[] {
  refuseDiffering(folder, entries, (entry, i) => reasonAgainst(entry, found[i]))
  return found.filter((one) => one !== undefined)
}

/** Why a file is not the one on record. */
function reasonAgainst(
  { compiled }: Recorded,
  found: CompiledMigration | undefined,
): string | undefined {
  if (!found) return 'there is no such file'
  if (hashContent(found.migration) === compiled) return undefined
  return 'it was edited after it was recorded in the manifest'
}

function refuseDiffering(
  folder: string,
  entries: readonly Recorded[],
  reasonOf: (entry: Recorded, position: number) => string | undefined,
): void {
  const files = entries.flatMap((entry, i) => {
    const { name } = entry
    const reason = reasonOf(entry, i)
    const path = compiledPath(compiledPlace(folder, entry), name)
    return reason === undefined ? [] : [{ name, path, reason }]
  })
  if (files.length > 0) throw failure('COMPILED_DIFFERS', { files })
}

/**
 * Compiles the migrations again and compares with what is committed. Returns those whose analysis another version of
 * this package has written, which each run makes again. Throws COMPILED_DIFFERS, COMPILED_UNREADABLE.
 */
export async function verifyCompiled(
  project: Project,
  manifest: Manifest,
  judged: readonly Migration[],
): Promise<string[]> {
  if (project.hasNoManifest || manifest.manifestVersion === 1) return []
  const folder = compiledFolder(project, manifest)
  const now = new Map(await compileAll(judged, manifest.migrations))
  const entries = manifest.migrations.filter(({ name }) => now.has(name))
  const files = await Promise.all(entries.map((entry) => readEntry(folder, entry)))
  refuseDiffering(folder, entries, (entry, i) => {
    const [compiled, file] = [now.get(entry.name), files[i]]
    if (compiled && hashContent(compiled.migration) !== entry.compiled)
      return 'the source, or something that it imports, was edited'
    const reason = reasonAgainst(entry, file)
    if (reason !== undefined || !compiled || !file) return reason
    return isSameAnalysis(file.analysis, compiled.analysis)
      ? undefined
      : 'its analysis is another one'
  })
  return entries.flatMap(({ name, analysis }, i) => {
    const file = files[i]
    return file && !isCurrent(file.analysis, analysis) ? [name] : []
  })
}
