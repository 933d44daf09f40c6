import { withDelta, type Catalog } from '../catalog/index.ts'
import { partsChain } from './chain-of.ts'
import { compiledFolder, readEntry } from './compiled-project.ts'
import { failure } from '../errors/index.ts'
import { findName } from '../plan/targets.ts'
import { readManifest } from './manifest-file.ts'
import type { ManifestEntry } from './manifest.ts'
import { openProject } from './open.ts'
import type { Project } from './project.ts'

const NOTHING: Catalog = { objects: [] }

/**
 * The schema after the migration that `name` means, as `catalogAfter` has it.
 * Throws TARGET_UNKNOWN, TARGET_AMBIGUOUS, SCHEMA_UNRECORDED, and what reading the project throws.
 */
export async function namedCatalog(project: Project, name: string): Promise<Catalog> {
  const { manifest } = await openProject(project)
  const found = findName(
    name,
    manifest.migrations.map((one) => one.name),
  )
  return recordedAfter(project, found)
}

/**
 * The schema after the last migration; of no migrations, nothing.
 * Throws SCHEMA_UNRECORDED, and what reading the project throws.
 */
export async function headCatalog(project: Project): Promise<Catalog> {
  const { manifest } = await openProject(project)
  const last = manifest.migrations.at(-1)
  return last ? recordedAfter(project, last.name) : NOTHING
}

async function recordedAfter(project: Project, name: string): Promise<Catalog> {
  const catalog = await catalogAfter(project, name)
  if (!catalog) throw failure('SCHEMA_UNRECORDED', { name })
  return catalog
}

/**
 * The schema that is expected after a migration: the sum of what the compiled migrations record as far as it. Undefined
 * where one of them records nothing, or something that does not belong after the one before it.
 * Throws COMPILED_UNREADABLE, MANIFEST_BROKEN.
 */
export async function catalogAfter(
  project: Project,
  migration: string,
): Promise<Catalog | undefined> {
  const found = (await catalogsAfter(project)).get(migration)
  if (found || project.hasNoManifest) return found
  const { manifest } = partsChain(await openProject(project))
  return (await sumUp(compiledFolder(project, manifest), manifest.migrations)).get(migration)
}

/** The same for every migration in order, as far as the sums hold. */
export async function catalogsAfter(project: Project): Promise<ReadonlyMap<string, Catalog>> {
  const manifest = project.hasNoManifest ? undefined : await readManifest(project.manifestPath)
  return manifest ? sumUp(compiledFolder(project, manifest), manifest.migrations) : new Map()
}

/** Of these migrations, which follow each other from an empty database on. */
export async function sumUp(
  folder: string,
  migrations: readonly ManifestEntry[],
): Promise<ReadonlyMap<string, Catalog>> {
  const catalogs = new Map<string, Catalog>()
  let sum = NOTHING
  for (const entry of migrations) {
    const delta = (await readEntry(folder, entry))?.catalog
    const next = delta && withDelta(sum, delta)
    if (!next) break
    catalogs.set(entry.name, next)
    sum = next
  }
  return catalogs
}
