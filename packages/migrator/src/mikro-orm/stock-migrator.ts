import type {
  Configuration,
  IDatabaseDriver,
  IMigrationGenerator,
  IMigrator,
  IMigratorStorage,
  MigrateOptions,
  MigrationDiff,
  MigrationInfo,
  MigrationResult,
  MigrationRow,
  MigrationsOptions,
  MigratorEvent,
  MikroORM,
} from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import type { DatabaseSchema, SqlSchemaGenerator } from '@mikro-orm/postgresql'

/** Names alone, or what to run and how. */
export type RunOptions = string | string[] | MigrateOptions

/**
 * MikroORM's Migrator with the seams that its types keep to themselves: protected or private in TypeScript,
 * plain members when it runs. They are those of one major; `importFrom` refuses another.
 */
export declare class OpenMigrator implements IMigrator {
  constructor(em: MikroORM['em'])
  static register(orm: MikroORM): void
  on(event: MigratorEvent, listener: Parameters<IMigrator['on']>[1]): this
  off(event: MigratorEvent, listener: Parameters<IMigrator['off']>[1]): this
  create(path?: string, blank?: boolean, initial?: boolean, name?: string): Promise<MigrationResult>
  createInitial(path?: string, name?: string, blank?: boolean): Promise<MigrationResult>
  checkSchema(): Promise<boolean>
  getExecuted(options?: { schema?: string }): Promise<MigrationRow[]>
  getPending(options?: { schema?: string }): Promise<MigrationInfo[]>
  up(options?: RunOptions): Promise<MigrationInfo[]>
  down(options?: RunOptions): Promise<MigrationInfo[]>
  rollup(migrations?: string[]): Promise<MigrationResult>
  logMigration(name: string): Promise<void>
  unlogMigration(name: string): Promise<void>
  getStorage(): IMigratorStorage

  readonly driver: IDatabaseDriver
  readonly config: Configuration
  readonly options: MigrationsOptions
  readonly absolutePath?: string
  readonly generator: IMigrationGenerator
  initialized: boolean
  readonly storage: IMigratorStorage
  init(): Promise<void>
  initPaths(): Promise<void>
  resolvePaths(): Promise<void>
  discoverMigrations(): Promise<MigrationInfo[]>
  /** Names as they are in the ledger, and the configured schema. */
  prefix(options: RunOptions | undefined): MigrateOptions
  runMigrations(method: 'up' | 'down', options: RunOptions | undefined): Promise<MigrationInfo[]>
  executeMigrations(method: 'up' | 'down', options: MigrateOptions): Promise<MigrationInfo[]>
  emit(event: MigratorEvent, data: MigrationInfo): Promise<void>
  storeCurrentSchema(): Promise<void>
  /** True where all of the entities' tables exist, by name. */
  validateInitialMigration(blank: boolean): Promise<boolean>
  getSnapshotPath(): Promise<string>
  getSchemaFromSnapshot(): Promise<DatabaseSchema | undefined>
  getSchemaDiff(blank: boolean, initial: boolean): Promise<MigrationDiff>
}

/** A connection with what its types keep to themselves. */
export type OpenConnection = object & {
  readonly connected: boolean
  readonly options: { readonly dbName?: string }
  logQuery(
    query: string,
    context: { readonly took: number; readonly results?: number; readonly level?: 'error' },
  ): void
}

export const StockMigrator = Migrator as unknown as typeof OpenMigrator

export function opened(migrator: object): OpenMigrator {
  return migrator as OpenMigrator
}

/** MikroORM's writer of schemas, which its Migrator asks; undefined where a configuration leaves it out. */
export function findSchemaGenerator({ config }: Pick<OpenMigrator, 'config'>) {
  return config.getExtension<SqlSchemaGenerator>('@mikro-orm/schema-generator')
}

/** The path of the snapshot of the entities; undefined where the project keeps none. */
export async function findSnapshot(migrator: OpenMigrator): Promise<string | undefined> {
  return migrator.options.snapshot === false ? undefined : migrator.getSnapshotPath()
}
