import type { CatalogDelta } from '../catalog/index.ts'
import type { LintMark } from '../lint/marks.ts'
import type { HashableMigration, Manifest, ManifestHeader } from './manifest.ts'
import type { LedgerName } from '../database-state.ts'
import type { CodeSession, Migration } from '../migration.ts'
import type { ReferenceTable } from './reference-table.ts'
import type { RecordedEntity } from '../releases/recorded-release.ts'

/**
 * A project whose migrations live in files next to a manifest. Nothing of the project's own code is
 * imported until `load` is called, so that a run with nothing to do costs next to nothing.
 */
export interface Project {
  /** Where the manifest is, or would be: next to the project's configuration. */
  readonly manifestPath: string
  /** True where the project keeps no manifest: then the journal alone tells what was applied. */
  readonly hasNoManifest?: boolean
  /**
   * True in development: of a migration whose source was edited, what was compiled runs, and the run reports it.
   * Anywhere else it is refused.
   */
  readonly mayBeEdited?: boolean
  /** The ledger to work with, where it is not the one that the manifest names. */
  readonly ledger?: LedgerName
  /**
   * Imports the configuration and the migrations: those with the names, or all.
   * Throws NOT_A_MIGRATION, STATEMENT_UNUSABLE, PROJECT_INVALID.
   */
  load(names?: readonly string[]): Promise<LoadedProject>
}

/** A project whose migrations are those of its manifest. */
export interface VerifiedProject extends LoadedProject {
  /** Names of migrations whose source was edited; another text than theirs runs. */
  readonly edited: readonly string[]
}

/** What a run needs of a project: migrations that can be run, and its seeders. */
export interface RunnableProject extends Pick<
  VerifiedProject,
  'seed' | 'readReferenceData' | 'close' | 'edited'
> {
  readonly migrations: readonly {
    readonly migration: Migration
    /** What lint finds in it; undefined where it has to be found out. */
    readonly marks?: readonly LintMark[] | undefined
    /** What it changes in the schema, as it is recorded; absent where it is not. */
    readonly catalog?: CatalogDelta | null
  }[]
}

/** A project with its ORM: what the adapter provides. */
export interface LoadedProject {
  readonly header: ManifestHeader
  readonly migrations: readonly (HashableMigration & { readonly migration: Migration })[]
  /** What squashes stand for, as far as its files are there: beside the folder of the others. */
  readonly squashed?: LoadedProject['migrations']
  /** What the configuration says of lint, as it is written there. */
  readonly lintConfig?: unknown
  /** What the configuration says of contract steps (`contractPolicy`), as it is written there. */
  readonly contractPolicy?: unknown
  /**
   * Writes a migration from what changed in the entities, and one more of what the previous release does not survive;
   * returns their files in the order in which they run, none where nothing has changed.
   */
  create(options: CreateOptions): Promise<readonly CreatedFile[]>
  /** What the snapshot of the entities says; undefined where the project keeps none. */
  readSnapshot(): Promise<EntitySnapshot | undefined>
  /** What an application with these entities sends to its database. */
  readEntities(): readonly RecordedEntity[]
  /** SQL that makes of an empty database what the entities say, as MikroORM writes it. */
  writeSchema(): Promise<string>
  /** Where the snapshot of the entities is, or would be; undefined where the project keeps none. */
  snapshotPath?(): Promise<string | undefined>
  /** The rows that it ships. Throws REFERENCE_DATA_INVALID. */
  readReferenceData(): Promise<readonly ReferenceTable[]>
  /** Runs the seeders in the session's transaction; returns the lines that they report. */
  seed(session: CodeSession): Promise<readonly string[]>
  close(): Promise<void>
}

export interface EntitySnapshot {
  /** Statements by which the entities differ from it. */
  readonly unmigrated: readonly string[]
  readonly tables: readonly EntityTable[]
}

export interface EntityTable {
  readonly name: string
  /** Names of its columns, indexes and foreign keys, but for the primary key. */
  readonly parts: readonly string[]
}

/** A migration that was written. */
export interface CreatedFile {
  readonly path: string
  /** Why the previous release survives it, although its statements look as if it did not. */
  readonly phaseException?: string
}

export interface CreateOptions {
  readonly name: string | undefined
  /** An empty migration, whatever has changed. */
  readonly blank: boolean
  /** What has another name now, as `old:new`: tables, or columns as `table.old:new`. */
  readonly renames?: readonly string[]
  /** What is gone for good: tables, or columns as `table.column`. */
  readonly drops?: readonly string[]
  /** By column, as `table.column=EXPRESSION`: the value that it gets, as SQL. */
  readonly fills?: readonly string[]
  /** The migrations that the previous release of the application knows; absent where none is known. */
  readonly released?: ReadonlySet<string>
  /** Lends a database to compare with, for a project that keeps no snapshot of its entities; absent where none is named. */
  readonly withDatabase?: (work: (session: CodeSession) => Promise<void>) => Promise<void>
}

/** What is known of the migrations without loading them. */
export interface OpenProject {
  readonly manifest: Manifest
  /** True where every file is, byte for byte, the one that was recorded, and there is no other. */
  readonly isPristine: boolean
  /** Hash of the seeders' files; undefined where there are none. */
  readonly seedersChecksum: string | undefined
}
