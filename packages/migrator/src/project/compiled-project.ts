import { dirname, resolve } from 'node:path'
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
} from '../compiled/compiled.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import type { Manifest } from './manifest.ts'
import type { Project } from './project.ts'

/** A migration's name, and what it compiles to. */
export type NamedCompiled = readonly [name: string, compiled: Compiled]

/** Compiles migrations with the phases that rule; `stated` has those that their classes state. */
export function compileAll(
  judged: readonly Migration[],
  stated: readonly Pick<Migration, 'name' | 'phase'>[],
): NamedCompiled[] {
  const phases = new Map(stated.map(({ name, phase }) => [name, phase]))
  return judged.map((migration) => {
    const { name, phase } = migration
    return [name, compile(migration, phases.get(name) ?? phase)]
  })
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
  folder: string,
  compiled: readonly NamedCompiled[],
  removed: readonly string[],
): Promise<string[]> {
  const written: string[] = []
  for (const name of removed) await removeCompiled(folder, name)
  for (const [name, one] of compiled) {
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
  const others: string[] = []
  const folder = compiledFolder(project, manifest)
  const recorded = new Map(manifest.migrations.map((entry) => [entry.name, entry]))
  for (const [name, now] of compileAll(judged, manifest.migrations)) {
    const path = compiledPath(folder, name)
    const differs = (reason: string) => failure('COMPILED_DIFFERS', { name, path, reason })
    const found = await readCompiled(folder, name)
    if (!found) throw differs('there is no such file')
    if (hashContent(found.migration) !== recorded.get(name)?.compiled)
      throw differs('it was edited after it was recorded in the manifest')
    if (hashContent(now.migration) !== recorded.get(name)?.compiled)
      throw differs('the source, or something that it imports, was edited')
    if (!isSameAnalysis(found.analysis, now.analysis)) throw differs('its analysis is another one')
    if (!isCurrent(found.analysis, recorded.get(name)?.analysis)) others.push(name)
  }
  return others
}
