import { withDelta, type Catalog } from '../catalog/index.ts'
import { readCompiled } from '../compiled/compiled-file.ts'
import { compiledFolder } from './compiled-project.ts'
import { failure } from '../errors/index.ts'
import { findName } from '../plan/targets.ts'
import { readManifest } from './manifest-file.ts'
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
  return (await catalogsAfter(project)).get(migration)
}

/** The same for every migration in order, as far as the sums hold. */
export async function catalogsAfter(project: Project): Promise<ReadonlyMap<string, Catalog>> {
  const catalogs = new Map<string, Catalog>()
  const manifest = project.hasNoManifest ? undefined : await readManifest(project.manifestPath)
  if (!manifest) return catalogs
  const folder = compiledFolder(project, manifest)
  let sum = NOTHING
  for (const { name } of manifest.migrations) {
    const delta = (await readCompiled(folder, name))?.catalog
    const next = delta && withDelta(sum, delta)
    if (!next) break
    catalogs.set(name, next)
    sum = next
  }
  return catalogs
}
