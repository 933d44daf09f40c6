import type { Options } from '@mikro-orm/core'
import type * as MikroCore from '@mikro-orm/core'
import type * as MikroMigrations from '@mikro-orm/migrations'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors.ts'
import type { LoadedProject } from '../project/project.ts'
import { importFrom } from './own-orm.ts'
import { readProject } from './read-project.ts'

/**
 * Imports a configuration, its entities and its migrations, with the project's own ORM.
 * Throws PROJECT_INVALID, NOT_A_MIGRATION, STATEMENT_UNUSABLE.
 */
export async function loadProject(configPath: string): Promise<LoadedProject> {
  const { MikroORM } = await importFrom<typeof MikroCore>(configPath, '@mikro-orm/core')
  const { Migrator } = await importFrom<typeof MikroMigrations>(configPath, '@mikro-orm/migrations')
  const options = await readConfig(configPath)
  if (options.migrations?.migrationsList) {
    const reason = `${configPath} lists its migrations in code (migrationsList): they have no files that a lock file could be held against. Use the Migrator of @techfacts/migrator/mikro-orm in its extensions.`
    throw failure('PROJECT_INVALID', { reason })
  }
  return readProject(options, { MikroORM, Migrator, root: dirname(configPath) })
}

/**
 * The forms that MikroORM's own CLI takes: an object, a promise, or a function that returns one; as an ES module,
 * or as CommonJS, where Node gives `exports` as the default export, and a compiler puts the default into that.
 */
async function readConfig(configPath: string): Promise<Options> {
  const invalid = (why: string, cause?: unknown) =>
    failure(
      'PROJECT_INVALID',
      { reason: `${configPath} is no MikroORM configuration: ${why}` },
      cause,
    )
  let exported: unknown
  try {
    const module: { default?: unknown } = await import(pathToFileURL(configPath).href)
    exported = isObject(module.default)
      ? (module.default.default ?? module.default)
      : module.default
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error)
  }
  const value: unknown = await (typeof exported === 'function' ? exported('default') : exported)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (!isObject(first)) throw invalid('it has no default export with options')
  return first
}

function isObject(value: unknown): value is Options & { readonly default?: unknown } {
  return typeof value === 'object' && value !== null
}
