import { MANIFEST_NAME } from '../project/manifest.ts'
import { dirname, resolve } from 'node:path'
import type { Project } from '../project/project.ts'

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
