import type { MigrationsOptions, Options } from '@mikro-orm/core'
import type * as MikroCore from '@mikro-orm/core'
import type * as MikroMigrations from '@mikro-orm/migrations'
import type * as MikroPostgres from '@mikro-orm/postgresql'
import { existsSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, resolve } from 'node:path'
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
  const { SchemaComparator } = await importFrom<typeof MikroPostgres>(
    configPath,
    '@mikro-orm/postgresql',
  )
  const options = await readConfig(configPath)
  if (options.migrations?.migrationsList) {
    const reason = `${configPath} lists its migrations in code (migrationsList): they have no files that a lock file could be held against. Use the Migrator of @techfacts/migrator/mikro-orm in its extensions.`
    throw failure('PROJECT_INVALID', { reason })
  }
  const baseDir = options.baseDir ?? baseDirOf(configPath, options.migrations)
  const origin = { MikroORM, Migrator, SchemaComparator, root: dirname(configPath) }
  return readProject({ ...options, baseDir }, origin)
}

/**
 * Where the relative paths of a configuration start that does not say: the folder that MikroORM's own command
 * line is run in for it. That is the root of its package, wherever this process was started; else the folder of
 * the configuration, or one above it that the process was started in, whichever has the migrations.
 */
function baseDirOf(configPath: string, migrations: MigrationsOptions = {}): string {
  const folder = dirname(configPath)
  const manifest = findPackageJSON(pathToFileURL(configPath))
  const started = process.cwd()
  const isAbove = `${folder}/`.startsWith(`${started}/`)
  const places = [...(manifest ? [dirname(manifest)] : []), folder, ...(isAbove ? [started] : [])]
  const paths = [migrations.path, migrations.pathTs].filter((path) => path !== undefined)
  const looked = paths.length > 0 ? paths : ['migrations', 'src/migrations', 'dist/migrations']
  const found = places.find((place) => looked.some((path) => existsSync(resolve(place, path))))
  return found ?? places[0] ?? folder
}

/** The forms that MikroORM's own CLI takes: an object, a promise, or a function that returns one. */
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
    exported = module.default
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error)
  }
  const value: unknown = await (typeof exported === 'function' ? exported('default') : exported)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (typeof first !== 'object' || first === null)
    throw invalid('it has no default export with options')
  return first as Options
}
