import { MANIFEST_NAME } from '../project/manifest.ts'
import { dirname, join, resolve } from 'node:path'
import type { Project } from '../project/project.ts'
import type { Bundled } from './load-bundled.ts'

export type { Bundled }

/**
 * The project of a MikroORM configuration file. The manifest is next to it. Nothing of it is imported
 * until it is loaded, and then with the project's own ORM, resolved from the file's place.
 * @example
 * const { pending } = await status(mikroOrmProject('./mikro-orm.config.ts'), databaseTarget(url))
 */
export function mikroOrmProject(configPath: string): Project {
  return {
    manifestPath: resolve(dirname(configPath), MANIFEST_NAME),
    load: async (names) => (await import('./load-project.ts')).loadProject(configPath, names),
  }
}

/**
 * The project of a bundle, whose manifest and compiled migrations are in `folder`. `load` imports its code and its ORM, and
 * is called only where something of them is needed.
 *
 * @example
 * const entry: string = '/srv/migrate/code/project.js'
 * const bundle = bundledProject('/srv/migrate', () => import(entry))
 */
export function bundledProject(folder: string, load: () => Promise<Bundled>): Project {
  const manifestPath = join(folder, MANIFEST_NAME)
  return {
    manifestPath,
    load: async (names) => {
      const { loadBundled } = await import('./load-bundled.ts')
      return loadBundled(await load(), manifestPath, names)
    },
  }
}
