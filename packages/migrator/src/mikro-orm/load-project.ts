import type { Configuration, MikroORM, Options } from '@mikro-orm/core'
import type * as MikroCore from '@mikro-orm/core'
import type * as MikroMigrations from '@mikro-orm/migrations'
import type { AbstractSqlDriver } from '@mikro-orm/postgresql'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors.ts'
import { candidates, hashFile, type CreateOptions, type LoadedProject } from '../project/project.ts'
import { borrowedClients, type BorrowedClients } from './borrowed-client.ts'
import { formatFile } from './format-file.ts'
import { importFrom } from './own-orm.ts'
import { readMigration, type MigrationClass } from './read-migration.ts'
import { runSeeders } from './run-seeders.ts'

/**
 * Imports a configuration, its entities and its migrations, with the project's own ORM.
 * Throws PROJECT_INVALID, NOT_A_MIGRATION, STATEMENT_UNUSABLE.
 */
export async function loadProject(configPath: string): Promise<LoadedProject> {
  const clients = borrowedClients()
  const orm = await initOrm(configPath, clients)
  try {
    const migrationsPath = await migrationsFolder(orm)
    const migrations = await readFolder(orm, migrationsPath, clients)
    const seedersPath = resolve(
      orm.config.get('baseDir'),
      orm.config.get('seeder').path ?? 'seeders',
    )
    const fromLock = (path: string) => relative(dirname(configPath), path) || '.'
    const hasSeeders = (await candidates(seedersPath)).length > 0
    return {
      header: {
        folder: fromLock(migrationsPath),
        ...(hasSeeders && { seeders: fromLock(seedersPath) }),
        ledger: ledgerOf(orm.config),
      },
      migrations,
      create: (options) => create(orm, migrationsPath, clients, options),
      seed: (session) => runSeeders(orm, seedersPath, clients, session),
      close: () => orm.close(true),
    }
  } catch (error) {
    await orm.close(true)
    throw error
  }
}

async function initOrm(configPath: string, clients: BorrowedClients): Promise<MikroORM> {
  const { MikroORM: Orm } = await importFrom<typeof MikroCore>(configPath, '@mikro-orm/core')
  const { Migrator } = await importFrom<typeof MikroMigrations>(configPath, '@mikro-orm/migrations')
  const options = await readConfig(configPath)
  const extensions = options.extensions ?? []
  const hasMigrator = extensions.some((one) => 'name' in one && one.name === 'Migrator')
  return Orm.init({
    ...options,
    // A copy: MikroORM adds to the array that it is given.
    extensions: hasMigrator ? [...extensions] : [...extensions, Migrator],
    driverOptions: { ...(options.driverOptions as object | undefined), Client: clients.Client },
    debug: false,
    ensureDatabase: false,
  })
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

/** MikroORM's own rule: `path` or `pathTs`, or the folder that it detects. */
async function migrationsFolder(orm: MikroORM): Promise<string> {
  const migrator = orm.migrator as unknown as {
    resolvePaths(): Promise<void>
    readonly absolutePath?: string
  }
  await migrator.resolvePaths()
  return migrator.absolutePath ?? resolve(orm.config.get('baseDir'), 'migrations')
}

async function readFolder(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
): Promise<LoadedProject['migrations']> {
  const loaded = []
  for (const file of await candidates(folder)) {
    const path = resolve(folder, file)
    const name = file.replace(/\.[cm]?[jt]s$/, '')
    const migration = await readMigration(await classOf(path, file), {
      name,
      driver: orm.em.getDriver() as unknown as AbstractSqlDriver,
      config: orm.config,
      clients,
      source: await readFile(path, 'utf8'),
    })
    loaded.push({ migration, file, bytes: await hashFile(path) })
  }
  return loaded
}

/** The first exported class that has an `up`. Throws NOT_A_MIGRATION. */
async function classOf(path: string, file: string): Promise<MigrationClass> {
  let exported: Record<string, unknown>
  try {
    exported = await import(pathToFileURL(path).href)
  } catch (error) {
    const reason = `it cannot be imported (${error instanceof Error ? error.message : String(error)})`
    throw failure('NOT_A_MIGRATION', { file, reason }, error)
  }
  const Class = Object.values(exported).find(isMigrationClass)
  if (!Class)
    throw failure('NOT_A_MIGRATION', { file, reason: 'it exports no class with an up method' })
  return Class
}

function isMigrationClass(value: unknown): value is MigrationClass {
  return typeof value === 'function' && typeof value.prototype?.up === 'function'
}

function ledgerOf(config: Configuration) {
  const { tableName = 'mikro_orm_migrations', schema } = config.get('migrations')
  const [first = tableName, second] = tableName.split('.')
  if (second !== undefined) return { schema: first, table: second }
  return schema && schema !== '*' ? { schema, table: tableName } : { table: tableName }
}

/**
 * MikroORM's own generator, and then the repository's own formatter. Without a snapshot of the entities it
 * compares with a database, which is opened only then.
 */
async function create(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
  { name, blank, withDatabase }: CreateOptions,
): Promise<string | undefined> {
  const generate = async () => (await orm.migrator.create(folder, blank, false, name)).fileName
  let fileName = ''
  try {
    fileName = await generate()
  } catch (error) {
    if (!clients.wasMissed()) throw error
    await withDatabase((session) =>
      clients.bind(session, false, async () => {
        fileName = await generate()
      }),
    )
  }
  if (fileName === '') return undefined
  const path = resolve(folder, fileName)
  await formatFile(path)
  return path
}
