import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { compiledPath } from '../compiled/compiled-file.ts'
import { failure } from '../errors/index.ts'
import { BUNDLE_NAME, type BundleFile } from './bundle-file.ts'
import { compiledFolder, compiledPlace } from './compiled-project.ts'
import { verifyManifest } from './hash.ts'
import { writeManifest } from './manifest-file.ts'
import { listEntries, MANIFEST_NAME } from './manifest.ts'
import { candidates, openProject } from './open.ts'
import type { Project } from './project.ts'

/** The sources that a bundler makes the rest of a bundle from. */
export interface BundledSources {
  readonly migrations: readonly { readonly name: string; readonly path: string }[]
  readonly seeders: readonly string[]
}

/** The folder of a bundle's compiled migrations. */
const MIGRATIONS = 'migrations'

/**
 * Writes what of a project is data into the folder of a bundle: its manifest, its compiled migrations, and what is known
 * of its seeders. All of it is held against the sources first. Returns those: their code is for a bundler.
 * Throws what `verifyManifest` throws, and PROJECT_INVALID where nothing was compiled.
 * @example
 * const { migrations, seeders } = await writeBundle(mikroOrmProject('./mikro-orm.config.ts'), 'dist')
 */
export async function writeBundle(project: Project, folder: string): Promise<BundledSources> {
  await verifyManifest(project)
  const { manifest, seedersChecksum } = await openProject(project)
  if (manifest.manifestVersion === 1) {
    const reason = `The migrations of ${project.manifestPath} are not compiled.`
    throw failure('PROJECT_INVALID', {
      reason,
      next: [{ command: 'hash', why: 'To compile them' }],
    })
  }
  const from = compiledFolder(project, manifest)
  const entries = listEntries(manifest)
  for (const entry of entries) {
    const place = compiledPlace(join(folder, MIGRATIONS), entry)
    await mkdir(place, { recursive: true })
    const source = compiledPath(compiledPlace(from, entry), entry.name)
    await cp(source, compiledPath(place, entry.name))
  }
  await writeManifest(join(folder, MANIFEST_NAME), { ...manifest, folder: MIGRATIONS })
  const file: BundleFile = seedersChecksum === undefined ? {} : { seedersChecksum }
  await writeFile(join(folder, BUNDLE_NAME), `${JSON.stringify(file)}\n`)
  const seeders = manifest.seeders && resolve(dirname(project.manifestPath), manifest.seeders)
  return {
    migrations: entries.map(({ name, file }) => ({ name, path: join(from, file) })),
    seeders: seeders ? (await candidates(seeders)).map((name) => join(seeders, name)) : [],
  }
}
