import { MANIFEST_NAME } from '../project/manifest.ts'
import { MikroORM, type Configuration, type MigrationsOptions } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { SchemaComparator } from '@mikro-orm/postgresql'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readManifest } from '../project/manifest-file.ts'
import type { LoadedProject, Project } from '../project/project.ts'
import { findLedger, readProject } from './read-project.ts'

/**
 * Lends the project of an ORM that runs already. It is read once, however often `work` loads it.
 * `migrations` are its options for this run, `folder` is where they lie: undefined if they are listed in code.
 */
export async function withOrmProject<T>(
  config: Configuration,
  migrations: MigrationsOptions,
  folder: string | undefined,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const found = folder === undefined ? undefined : await findManifest(folder)
  const manifestPath = found ?? join(config.get('baseDir'), MANIFEST_NAME)
  const logger = config.getLogger()
  const origin = { MikroORM, Migrator, SchemaComparator, logger, root: dirname(manifestPath) }
  let loading: Promise<LoadedProject> | undefined
  const project: Project = {
    manifestPath,
    hasNoManifest: found === undefined,
    ledger: findLedger(migrations, config.get('schema')),
    load: async () => {
      loading ??= readProject({ ...config.getAll(), migrations }, origin)
      return { ...(await loading), close: async () => {} }
    },
  }
  try {
    return await work(project)
  } finally {
    await loading?.then(
      (loaded) => loaded.close(),
      () => {},
    )
  }
}

/**
 * The manifest of a folder of migrations: the nearest at or above it, up to the package's root, if it is
 * about this folder. The CLI looks beside the configuration, which is such a place in any usual layout.
 * Throws MANIFEST_BROKEN.
 */
async function findManifest(migrations: string): Promise<string | undefined> {
  for (let folder = migrations; ; folder = dirname(folder)) {
    const path = join(folder, MANIFEST_NAME)
    const manifest = await readManifest(path)
    if (manifest) return resolve(folder, manifest.folder) === resolve(migrations) ? path : undefined
    if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return undefined
  }
}
