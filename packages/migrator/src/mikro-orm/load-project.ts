import { messageFrom } from '../errors/message-from.ts'
import type { MigrationsOptions, Options } from '@mikro-orm/core'
import type * as MikroCore from '@mikro-orm/core'
import type * as MikroMigrations from '@mikro-orm/migrations'
import type * as MikroPostgres from '@mikro-orm/postgresql'
import { existsSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure, MigratorError } from '../errors/index.ts'
import type { LoadedProject } from '../project/project.ts'
import { importModule, moduleUrl } from './discover.ts'
import { importFrom } from './own-orm.ts'
import { readProject } from './read-project.ts'
import { explainImport, placeOf, registerLoader } from './ts-loader.ts'

/**
 * Imports a configuration, its entities and its migrations (those with the `names`, or all), with the project's own ORM.
 * Throws PROJECT_INVALID, NOT_A_MIGRATION, STATEMENT_UNUSABLE.
 */
export async function loadProject(
  configPath: string,
  names?: readonly string[],
): Promise<LoadedProject> {
  await registerLoader(configPath)
  const { MikroORM } = await importFrom<typeof MikroCore>(configPath, '@mikro-orm/core')
  const { Migrator } = await importFrom<typeof MikroMigrations>(configPath, '@mikro-orm/migrations')
  const { SchemaComparator } = await importFrom<typeof MikroPostgres>(
    configPath,
    '@mikro-orm/postgresql',
  )
  const options = await readConfig(configPath)
  if (options.migrations?.migrationsList) {
    const reason = `${configPath} lists its migrations in code (migrationsList): they have no files that a manifest could be held against. Use the Migrator of @techfacts/migrator/mikro-orm in its extensions.`
    throw failure('PROJECT_INVALID', { reason })
  }
  const baseDir = options.baseDir ?? findBaseDir(configPath, options.migrations)
  const origin = { MikroORM, Migrator, SchemaComparator, root: dirname(configPath) }
  try {
    return await readProject({ ...options, baseDir }, origin, names)
  } catch (error) {
    if (error instanceof MigratorError) throw error
    throw explainImport(configPath, error) ?? notUsable(configPath, messageFrom(error), error)
  }
}

/**
 * Where relative paths start in a configuration without `baseDir`: in the folder that MikroORM's own command line would
 * run in. That is the root of its package, wherever this process was started; otherwise the folder of the
 * configuration, or one above it that the process was started in, whichever has the migrations.
 */
function findBaseDir(configPath: string, migrations: MigrationsOptions = {}): string {
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

/** Compiled to CommonJS, and imported, the default export has another one around it. */
function unwrapDefault(module: unknown): unknown {
  const hasDefault = typeof module === 'object' && module !== null && 'default' in module
  return hasDefault ? unwrapDefault(module.default) : module
}

function notUsable(configPath: string, why: string, cause?: unknown) {
  const reason = `${configPath} is not a usable MikroORM configuration: ${why}`
  return failure('PROJECT_INVALID', { reason }, cause)
}

/**
 * The forms that MikroORM's own CLI takes: an object, a promise, or a function that returns one; as an ES module,
 * or as CommonJS, where Node gives `exports` as the default export, and a compiler puts the default into that.
 */
async function readConfig(configPath: string): Promise<Options> {
  const invalid = (why: string, cause?: unknown) => notUsable(configPath, why, cause)
  let exported: unknown
  try {
    exported = unwrapDefault(await importModule(await moduleUrl(configPath)))
  } catch (error) {
    const place = error instanceof Error ? placeOf(error) : undefined
    const why = `${messageFrom(error)}${place === undefined ? '' : `, at ${place}`}`
    throw explainImport(configPath, error) ?? invalid(why, error)
  }
  const value: unknown = await (typeof exported === 'function' ? exported('default') : exported)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (!isObject(first)) throw invalid('it has no default export with options')
  return first
}

function isObject(value: unknown): value is Options & { readonly default?: unknown } {
  return typeof value === 'object' && value !== null
}
