import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { messageFrom } from '../errors/message-from.ts'
import type { RunRequest } from '../run/request.ts'
import type {
  MigrateOptions,
  MigrationInfo,
  MigrationResult,
  MigrationRow,
  MikroORM,
} from '@mikro-orm/core'
import { SchemaComparator, type SqlSchemaGenerator } from '@mikro-orm/postgresql'
import { renderDifferences } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import { verifyManifest, hashProject } from '../project/hash.ts'
import type { Project } from '../project/project.ts'
import { connect } from '../session/connect.ts'
import { databaseTarget, type DatabaseTarget } from '../session/database-target.ts'
import { readExecuted } from '../journal/executed.ts'
import { differenceFromScript } from './initial.ts'
import { recordMigration } from '../journal/record.ts'
import { run, runInTransaction } from '../run/index.ts'
import { status } from '../inspect/status.ts'
import { readClientOptions, toCodeSession } from './orm-connection.ts'
import { asDriverException } from './driver-exception.ts'
import { namedLater } from './later-file.ts'
import { withWholeDiff } from './whole-diff.ts'
import { writingSafely } from './write-safely.ts'
import { readChain } from './read-chain.ts'
import type { Chain } from '../safe-forms/split-phases.ts'
import { withSteps } from './next-steps.ts'
import { readAnswers } from './answers.ts'
import { withDecidedRenames } from './renames.ts'
import { withOrmProject } from './orm-project.ts'
import { refuseOtherSnapshots } from './other-snapshots.ts'
import { ignoreOwnSchemas } from './own-schemas.ts'
import { keepRoutines } from './kept-routines.ts'
import { findLedger } from './read-project.ts'
import { describeEvent } from './report.ts'
import { chooseRollup } from './choose-rollup.ts'
import { squash, type WithProject } from './squash.ts'
import {
  findSchemaGenerator,
  StockMigrator,
  type OpenConnection,
  type RunOptions,
} from './stock-migrator.ts'
import { toTarget } from './stock-targets.ts'

/**
 * MikroORM's Migrator, with this package's engine under it: list it in `extensions`, and `orm.migrator` and
 * `mikro-orm migration:*` lock, check, journal and resume. It generates what MikroORM does, in its safe form, and asks about
 * renames: the answers stand in `migrations.answers`.
 * The name is MikroORM's: under any other it would put its own in place.
 *
 * @example
 * export default defineConfig({ extensions: [Migrator], migrations: { path: 'migrations' } })
 */
export class Migrator extends StockMigrator {
  static override register(orm: MikroORM): void {
    ignoreOwnSchemas(orm.config)
    orm.config.registerExtension('@mikro-orm/migrator', () => keepRoutines(new this(orm.em)))
  }

  /** What is applied, oldest first. Creates nothing, neither database nor table. */
  override async getExecuted(options?: { schema?: string }): Promise<MigrationRow[]> {
    return this.#withProject(options?.schema, readExecuted)
  }

  /**
   * What is not wholly applied of this build's migrations; a newer build may have applied others. Throws where
   * the database cannot be asked, or what it says is not whole.
   */
  override async getPending(options?: { schema?: string }): Promise<MigrationInfo[]> {
    const infos = await this.#infos()
    return this.#withProject(options?.schema, async (project, database) => {
      const { migrations } = await status(project, database, { allowUnknown: true })
      return migrations.filter((one) => one.state !== 'applied').map(({ name }) => infos(name))
    })
  }

  override async create(
    path?: string,
    blank?: boolean,
    initial?: boolean,
    name?: string,
  ): Promise<MigrationResult> {
    if (initial) return this.createInitial(path, name, blank)
    return this.#extendManifest(async (chain) => {
      const answers = readAnswers(this.options)
      const { renames } = answers
      const generate = async () => {
        const { result, others } = await writingSafely(this, { ...chain, renames }, () =>
          super.create(path, blank, false, name),
        )
        const logger = this.config.getLogger()
        for (const file of others)
          logger.log('migrator', `wrote ${file}, too: the previous release may break beside it`)
        return result
      }
      const decisions = { ...answers, areStanding: true, known: chain.known }
      return withDecidedRenames(SchemaComparator, this, decisions, generate).catch(
        (error: unknown) => {
          throw withSteps(error)
        },
      )
    })
  }

  /**
   * Where the entities' tables exist, it is recorded as applied, but only if the database's catalog is what
   * it would have made. Throws INITIAL_DIFFERS.
   */
  override async createInitial(
    path?: string,
    name?: string,
    blank = false,
  ): Promise<MigrationResult> {
    let isThere = false
    const result = await this.#extendManifest(async (chain) => {
      await this.init()
      isThere = (await this.validateInitialMigration(blank)) && !blank
      const generate = async () => {
        const diff = await this.getSchemaDiff(blank, true)
        if (isThere) await this.#requireEqual(diff.up)
        const [code, fileName] = await this.generator.generate(diff, path, name)
        await this.storeCurrentSchema()
        return { fileName, code, diff }
      }
      const written = await withWholeDiff(this, () => writingSafely(this, chain, generate))
      return written.result
    })
    if (isThere) {
      // MikroORM's own storage first, since a project may have put another in its place.
      await this.getStorage().logMigration({ name: result.fileName })
      await this.logMigration(result.fileName)
    }
    return result
  }

  async #requireEqual(statements: readonly string[]): Promise<void> {
    const defaultSchema = this.driver.getPlatform().getDefaultSchemaName() ?? 'public'
    const schemas = [...this.#generator.getTargetSchema().getNamespaces()]
    const differences = await differenceFromScript(
      this.#connection(undefined),
      { statements, schemas, defaultSchema },
      findLedger(this.options, this.config.get('schema')),
    )
    if (differences.length === 0) return
    const names = { here: 'The database', there: 'the initial migration' }
    const why = `they are not what the initial migration makes. ${renderDifferences(differences, names)}`
    throw failure('INITIAL_DIFFERS', { why })
  }

  /**
   * Makes one file of the first ones, as `squash` of the command line does: databases that have applied all of them take it
   * for applied. Throws SQUASH_REFUSED, SQUASH_DIFFERS.
   */
  override async rollup(migrations?: string[]): Promise<MigrationResult> {
    const found = await this.#found()
    const executed = new Set(
      (await this.getExecuted()).map(({ name }) => this.storage.getMigrationName(name)),
    )
    const asked = migrations?.length ? this.prefix(migrations).migrations : undefined
    const names = chooseRollup(found, executed, asked)
    const withProject: WithProject = (work) => this.#withProject(undefined, work)
    const { path } = await squash(withProject, names, (work) => work(this.#connection(undefined)))
    await this.#withProject(undefined, (project, database) =>
      run(project, database, { direction: 'up', target: whereItIs }),
    )
    const code = await readFile(path, 'utf8')
    return { fileName: basename(path), code, diff: { up: [], down: [] } }
  }

  /** Records a migration as applied without running it. Throws TARGET_UNKNOWN. */
  override async logMigration(name: string): Promise<void> {
    await this.#record(name, 'up')
  }

  /** Records a migration as not applied without reverting it. Throws TARGET_UNKNOWN. */
  override async unlogMigration(name: string): Promise<void> {
    await this.#record(name, 'down')
  }

  override async runMigrations(
    method: 'up' | 'down',
    options: RunOptions | undefined,
  ): Promise<MigrationInfo[]> {
    const transaction =
      typeof options === 'object' && !Array.isArray(options) ? options.transaction : undefined
    const named = this.prefix(options)
    return this.executeMigrations(method, { ...named, ...(transaction && { transaction }) })
  }

  /** Under the name of MikroORM's own method, which `runMigrations` has called ever since. */
  override async executeMigrations(
    method: 'up' | 'down',
    { transaction, schema, ...choice }: MigrateOptions,
  ): Promise<MigrationInfo[]> {
    const infos = await this.#infos()
    const [before, after] =
      method === 'up' ? (['migrating', 'migrated'] as const) : (['reverting', 'reverted'] as const)
    /** What a listener threw, which goes to the caller as it is. */
    let complaint: { readonly error: unknown } | undefined
    const request: RunRequest = {
      direction: method,
      target: toTarget(method, choice),
      // A database of many tenants' schemas would be read as a whole for each of them.
      drift:
        (schema ?? this.options.schema) === undefined ? ('report' as const) : ('ignore' as const),
      // Nobody can be asked here: what can be kept goes into the archive, and the logger says what.
      yes: true,
      lose: 'what cannot be kept',
      beforeEach: (name: string) => this.emit(before, infos(name)),
      afterEach: (name: string) =>
        this.emit(after, infos(name)).catch((error: unknown) => {
          complaint = { error }
          throw new Error(`a listener refused it (${messageFrom(error)})`, { cause: error })
        }),
    }
    await this.#restoreDropped()
    return this.#withProject(schema, async (project, database) => {
      const { migrations } = transaction
        ? await runInTransaction(project, database, toCodeSession(transaction), request)
        : await run(project, database, request)
      return migrations.map(({ name }) => infos(name))
    }).catch((error: unknown) => {
      if (complaint) throw complaint.error
      throw asDriverException(error, this.driver.getPlatform().getExceptionConverter())
    })
  }

  /** MikroORM creates the database and its ledger here; this only asks whether the database is there. */
  override async init(): Promise<void> {
    if (this.initialized) return
    await this.initPaths()
    const client = await connect(this.#connection(undefined))
    await client.end()
    this.initialized = true
  }

  /**
   * A database that is missing is never made here, but for one that this very ORM has just dropped
   * (`migration:fresh --drop-db`): its connection then leads to the server's maintenance database.
   */
  async #restoreDropped(): Promise<void> {
    const connection = this.driver.getConnection() as unknown as OpenConnection
    if (!connection.connected || connection.options.dbName === this.config.get('dbName')) return
    await this.#generator.ensureDatabase({ forceCheck: true })
  }

  get #generator(): SqlSchemaGenerator {
    return findSchemaGenerator(this) as SqlSchemaGenerator
  }

  async #record(name: string, direction: 'up' | 'down'): Promise<void> {
    const [ledgerName = name] = this.prefix(name).migrations ?? []
    await this.#withProject(undefined, (project, database) =>
      recordMigration(project, database, ledgerName, direction),
    )
  }

  /** A manifest that is there is extended by what is new. None is begun: that is `migrate hash`. */
  async #extendManifest(
    create: (chain: Chain) => Promise<MigrationResult>,
  ): Promise<MigrationResult> {
    await refuseOtherSnapshots(this)
    const chain = await this.#withProject(undefined, async (project) => {
      if (project.hasNoManifest) return readChain([])
      await verifyManifest(project)
      const { migrations } = await project.load()
      return readChain(migrations.map(({ migration }) => migration))
    })
    const result = await namedLater(this, () => create(chain))
    await this.#withProject(undefined, async (project) => {
      if (!project.hasNoManifest && result.fileName !== '') await hashProject(project)
    })
    return result
  }

  async #found(): Promise<MigrationInfo[]> {
    await this.initPaths()
    return this.discoverMigrations()
  }

  /** What MikroORM's events and results say of a migration. */
  async #infos(): Promise<(name: string) => MigrationInfo> {
    const found = await this.#found()
    const known = new Map(found.map(({ name, path }) => [name, { name, path }]))
    return (name) => (known.get(name) ?? { name }) as MigrationInfo
  }

  async #withProject<T>(
    schema: string | undefined,
    work: (project: Project, database: DatabaseTarget) => Promise<T>,
  ): Promise<T> {
    await this.initPaths()
    const runtimeSchema = schema ?? this.options.schema
    const options = { ...this.options, ...(runtimeSchema && { schema: runtimeSchema }) }
    const folder = this.options.migrationsList ? undefined : this.absolutePath
    const database = this.#connection(runtimeSchema)
    return withOrmProject(this.config, options, folder, (project) => work(project, database)).catch(
      (error: unknown) => {
        throw withSteps(error)
      },
    )
  }

  /** Beside the ORM's pool: the migration lock lives on it. */
  #connection(schema: string | undefined): DatabaseTarget {
    const logger = this.config.getLogger()
    const ormConnection = this.driver.getConnection() as unknown as OpenConnection
    return databaseTarget(readClientOptions(this.config, this.driver.getConnection()), {
      schema,
      applicationName: 'mikro-orm',
      onEvent: (event) => {
        const line = this.options.silent ? undefined : describeEvent(event)
        if (line !== undefined) logger.log('migrator', line, { enabled: true })
      },
      onStatement: ({ sql, milliseconds, rows, error }) => {
        const outcome = error === undefined ? { results: rows ?? 0 } : { level: 'error' as const }
        ormConnection.logQuery(sql, { took: Math.round(milliseconds), ...outcome })
      },
    })
  }
}

function whereItIs({ applied }: { readonly applied: readonly string[] }): string {
  return applied.at(-1) ?? 'base'
}
