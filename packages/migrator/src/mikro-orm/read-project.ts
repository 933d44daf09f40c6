import { candidates, hashFile } from '../project/open.ts'
import type { Logger, MigrationsOptions, MikroORM, Options } from '@mikro-orm/core'
import type * as MikroCore from '@mikro-orm/core'
import type { Migrator } from '@mikro-orm/migrations'
import type { AbstractSqlDriver, SchemaComparator } from '@mikro-orm/postgresql'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { LedgerName } from '../database-state.ts'
import { failure, MigratorError } from '../errors/index.ts'
import { squashedFolder } from '../project/squashed-folder.ts'
import type {
  CreatedFile,
  CreateOptions,
  EntitySnapshot,
  LoadedProject,
} from '../project/project.ts'
import { sha256 } from '../sql/checksum.ts'
import { makeBeforeCallsOf } from './call-order.ts'
import { borrowedClients, type BorrowedClients } from './borrowed-client.ts'
import { comparingWithNothing } from './compare-with-nothing.ts'
import { readChain } from './read-chain.ts'
import { discoverMigrations, discoverSquashed, type DiscoveredMigration } from './discover.ts'
import { formatFile } from './format-file.ts'
import { keepingSnapshot } from './keep-snapshot.ts'
import { keepRoutines } from './kept-routines.ts'
import { namedLater } from './later-file.ts'
import { refuseOtherSnapshots } from './other-snapshots.ts'
import { ignoreOwnSchemas } from './own-schemas.ts'
import { readMigration } from './read-migration.ts'
import { readDecisions, readFills } from './answers.ts'
import { recordedEntities } from './recorded-entities.ts'
import { withDecidedRenames } from './renames.ts'
import { readSeeders, type SeederExports } from './run-seeders.ts'
import { findSnapshot, opened } from './stock-migrator.ts'
import { rememberingSnapshot } from './remember-snapshot.ts'
import { writingSafely } from './write-safely.ts'

/** The project's own copies: two copies of an ORM do not know each other's classes. */
export interface Origin {
  readonly MikroORM: typeof MikroCore.MikroORM
  /** MikroORM's own Migrator. */
  readonly Migrator: typeof Migrator
  /** Hears of the queries of code; without it nobody does. */
  readonly logger?: Logger
  /** MikroORM's comparator of schemas. */
  readonly SchemaComparator: typeof SchemaComparator
  /** What the files of the seeders export, where a bundler has put them together. */
  readonly seederExports?: SeederExports
  /** The folder of the manifest. */
  readonly root: string
}

/**
 * Reads the migrations of an ORM's options (those with the `names`, or all) as data, with a second ORM that has no connection of its own:
 * nothing that a migration does while it is read can reach a database.
 * Throws NOT_A_MIGRATION, STATEMENT_UNUSABLE.
 */
export async function readProject(
  options: Options,
  origin: Origin,
  names?: readonly string[],
): Promise<LoadedProject> {
  const clients = borrowedClients()
  const orm = await initOrm(options, origin, clients)
  try {
    const migrationsPath = await migrationsFolder(orm)
    const { migrations, squashed } = await readAll(orm, migrationsPath, clients, names)
    const seedersPath = resolve(
      orm.config.get('baseDir'),
      orm.config.get('seeder').path ?? 'seeders',
    )
    const fromManifest = (path: string) => relative(origin.root, path) || '.'
    const hasSeeders = (await candidates(seedersPath)).length > 0
    return {
      header: {
        folder: fromManifest(migrationsPath),
        ...(hasSeeders && { seeders: fromManifest(seedersPath) }),
        ledger: findLedger(orm.config.get('migrations'), orm.config.get('schema')),
      },
      migrations,
      ...(squashed.length > 0 && { squashed }),
      lintConfig: 'lint' in options ? options.lint : undefined,
      contractPolicy: 'contractPolicy' in options ? options.contractPolicy : undefined,
      create: (create) => generated(orm, migrationsPath, clients, create, migrations, origin),
      readSnapshot: () => readSnapshot(orm, migrations, origin),
      readEntities: () => recordedEntities(orm),
      writeSchema: async () =>
        makeBeforeCallsOf(await orm.schema.getCreateSchemaSQL({ wrap: false })),
      snapshotPath: () => findSnapshot(opened(orm.migrator)),
      ...readSeeders(orm, seedersPath, clients, origin.seederExports),
      close: () => orm.close(true),
    }
  } catch (error) {
    await orm.close(true)
    throw error
  }
}

/** The files that the generator writes: under the newest names, with the renames that are decided, and no other trace. */
async function generated(
  { migrator }: MikroORM,
  folder: string,
  clients: BorrowedClients,
  options: CreateOptions,
  migrations: LoadedProject['migrations'],
  { SchemaComparator: Comparator, root }: Origin,
): Promise<readonly CreatedFile[]> {
  const chain = await readChain(
    migrations.map(({ migration }) => migration),
    options.released,
  )
  const { renames = [], drops = [], fills = [] } = options
  const decisions = { ...readDecisions(renames, drops), known: chain.known }
  const answers = { renames: decisions.renames, fills: readFills(fills) }
  const generate = () =>
    writingSafely(migrator, { ...chain, ...answers }, () =>
      migrator.create(folder, options.blank, false, options.name),
    )
  const decided = () => withDecidedRenames(Comparator, opened(migrator), decisions, generate)
  await refuseOtherSnapshots(opened(migrator))
  const missing = async (write: () => Promise<void>) => {
    const { withDatabase } = options
    if (withDatabase) return withDatabase((session) => clients.bind(session, false, write))
    if (migrations.length > 0) throw failure('URL_MISSING')
    return comparingWithNothing(opened(migrator), write)
  }
  return rememberingSnapshot(migrator, root, () =>
    createMigrations(folder, clients, missing, () =>
      keepingSnapshot(migrator, () => namedLater(migrator, decided)),
    ),
  )
}

async function initOrm(
  options: Options,
  { MikroORM: Orm, Migrator: Stock, logger }: Origin,
  clients: BorrowedClients,
): Promise<MikroORM> {
  const others = (options.extensions ?? []).filter(
    (one) => !('name' in one) || one.name !== 'Migrator',
  )
  const orm = await Orm.init({
    ...options,
    extensions: [...others, Stock],
    driverOptions: { ...readDriverOptions(options), Client: clients.Client },
    // Under the caller's name its entity managers would be found, and lose the transaction that they are in.
    contextName: 'migrator',
    debug: false,
    ...(logger && { loggerFactory: () => onlyQueries(logger, clients) }),
    ensureDatabase: false,
  })
  ignoreOwnSchemas(orm.config)
  keepRoutines(opened(orm.migrator))
  return orm
}

/** A logger for a second ORM, of which only what migrations ask while they run is of interest. */
function onlyQueries(logger: Logger, clients: BorrowedClients): Logger {
  const isEnabled: Logger['isEnabled'] = (namespace, context) =>
    clients.isBound() && logger.isEnabled(namespace, context)
  return {
    log: () => {},
    error: () => {},
    warn: () => {},
    setDebugMode: () => {},
    isEnabled,
    logQuery: (context) => {
      if (clients.isBound()) logger.logQuery(context)
    },
  }
}

/** pg's options; a Kysely or a dialect that is given ready-made has a connection, so it is left out. */
export function readDriverOptions({
  driverOptions: given,
}: Pick<Options, 'driverOptions'>): object {
  const options: unknown = typeof given === 'function' ? given() : given
  const isOptions = typeof options === 'object' && options !== null
  return isOptions && !('createDriver' in options) && !('executeQuery' in options) ? options : {}
}

/** MikroORM's own rule: `path` or `pathTs`, or the folder that it detects. */
async function migrationsFolder(orm: MikroORM): Promise<string> {
  const migrator = opened(orm.migrator)
  await migrator.resolvePaths()
  return migrator.absolutePath ?? resolve(orm.config.get('baseDir'), 'migrations')
}

async function readAll(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
  names: readonly string[] | undefined,
): Promise<Required<Pick<LoadedProject, 'migrations' | 'squashed'>>> {
  const read = (discover: () => Promise<readonly DiscoveredMigration[]>) =>
    readMigrations(orm, folder, clients, discover)
  const migrations = await read(() => discoverMigrations(orm, names))
  return {
    migrations,
    squashed: await read(() => discoverSquashed(squashedFolder(folder), names)),
  }
}

async function readMigrations(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
  discover: () => Promise<readonly DiscoveredMigration[]>,
): Promise<LoadedProject['migrations']> {
  const driver = orm.em.getDriver() as unknown as AbstractSqlDriver
  const loaded = []
  // Refuses links that lead nowhere, which MikroORM leaves out.
  await candidates(folder)
  for (const { name, path, Class } of await discover()) {
    const source = path === undefined ? '' : await readFile(path, 'utf8')
    const origin = { name, driver, config: orm.config, clients, source }
    const migration = await readMigration(Class, origin)
    const file = path === undefined ? name : relative(folder, path)
    const bytes = path === undefined ? sha256(migration.checksum) : await hashFile(path)
    loaded.push({ migration, file, bytes })
  }
  return loaded
}

/** Where MikroORM's own storage looks. */
export function findLedger(
  { tableName = 'mikro_orm_migrations', schema }: MigrationsOptions,
  ormSchema: string | undefined,
): LedgerName {
  const [first = tableName, second] = tableName.split('.')
  const isQualified = second !== undefined
  const home = [schema, isQualified ? first : undefined, ormSchema].find(
    (one) => one !== undefined && one !== '*',
  )
  const table = isQualified ? second : tableName
  return home === undefined ? { table } : { schema: home, table }
}

/**
 * MikroORM's own generator, and then the repository's own formatter. Without a snapshot of the entities it asks for a
 * database to compare with: then it writes once more, by `missing`.
 */
async function createMigrations(
  folder: string,
  clients: BorrowedClients,
  missing: (write: () => Promise<void>) => Promise<void>,
  generate: () => ReturnType<typeof writingSafely<{ fileName: string }>>,
): Promise<readonly CreatedFile[]> {
  let files: readonly CreatedFile[] = []
  const write = async () => {
    const { result, others, survives } = await generate()
    files = [result.fileName, ...others].map((path, n) => {
      const reason = survives[n]
      return { path, ...(reason !== undefined && { phaseException: reason }) }
    })
  }
  try {
    await write()
  } catch (error) {
    if (!clients.wasMissed()) throw error
    await missing(write)
  }
  const written = files
    .filter(({ path }) => path !== '')
    .map((file) => ({ ...file, path: resolve(folder, file.path) }))
  for (const { path } of written) await formatFile(path)
  return written
}

/** What the generator compares with, and what it would write: as `create` sees it, without any answers. */
async function readSnapshot(
  orm: MikroORM,
  migrations: LoadedProject['migrations'],
  { SchemaComparator: Comparator }: Origin,
): Promise<EntitySnapshot | undefined> {
  const migrator = opened(orm.migrator)
  const schema = await migrator.getSchemaFromSnapshot()
  if (!schema) return undefined
  const { known } = await readChain(migrations.map(({ migration }) => migration))
  const decisions = { ...readDecisions([], []), known }
  const diff = () => migrator.getSchemaDiff(false, false)
  const up = await withDecidedRenames(Comparator, migrator, decisions, diff).then(
    (found) => found.up,
    (error: unknown) => {
      // It refuses to write what has changed, and so something has.
      if (error instanceof MigratorError) return [error.message]
      throw error
    },
  )
  return {
    unmigrated: up.filter((sql) => sql.trim() !== ''),
    tables: schema.getTables().map((table) => ({
      name: table.name,
      parts: [
        ...table.getColumns().map(({ name }) => name),
        // The name of a primary key is not compared: a table that was renamed keeps the one that it had.
        ...table.getIndexes().flatMap(({ keyName, primary }) => (primary ? [] : [keyName])),
        ...Object.keys(table.getForeignKeys()),
      ],
    })),
  }
}
