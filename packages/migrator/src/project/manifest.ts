import type { LedgerName } from '../database-state.ts'
import type { LintConfig } from '../lint/config.ts'
import type { Migration, Phase, ReplacedMigration } from '../migration.ts'

export const MANIFEST_NAME = 'migrations.manifest.json'

/** What the manifest was called before. `hashProject` takes such a file over. */
export const FORMER_MANIFEST_NAME = 'migrator.lock.json'

/**
 * The committed record of all migrations, in order. Each entry's `chain` covers its predecessor's, so an
 * edited or moved entry breaks all that follow; two branches that both add one conflict at the merge.
 */
export interface Manifest {
  /** 1: written before migrations were compiled. */
  readonly manifestVersion: 1 | 2
  /** Folder of the migrations, relative to the manifest. */
  readonly folder: string
  /** Folder of the seeders, relative to the manifest; absent where the project seeds nothing. */
  readonly seeders?: string
  readonly ledger: LedgerName
  /** What the configuration says of lint, so that a run needs no configuration; absent where it says nothing. */
  readonly lint?: LintConfig
  /**
   * When contract steps run: once nobody needs the schema before them (`when-clear`, which is usual), or only when asked
   * for (`manual`).
   */
  readonly contract?: ContractPolicy
  /**
   * By migration: why the previous release works after it, although its statements say otherwise. A person writes it;
   * no checksum and no chain covers it.
   */
  readonly phaseExceptions?: Readonly<Record<string, string>>
  readonly migrations: readonly ManifestEntry[]
  /**
   * What squashes stand for, as long as its files are there: databases that have begun with it go on with it. Each is
   * chained as it was before. In memory, for one database: whatever is no part of its `migrations`.
   */
  readonly squashed?: readonly ManifestEntry[]
  /** In memory only, where `migrations` are those of one database: the manifest as it is in the file. */
  readonly whole?: Manifest
}

/** All entries, with those of what was squashed. */
export function listEntries({
  migrations,
  squashed = [],
}: Pick<Manifest, 'migrations' | 'squashed'>): readonly ManifestEntry[] {
  return [...migrations, ...squashed]
}

/** What a manifest says besides its entries. */
export type ManifestHeader = Omit<Manifest, 'manifestVersion' | 'migrations' | 'squashed' | 'whole'>

export type ContractPolicy = 'when-clear' | 'manual'

export interface ManifestEntry {
  readonly name: string
  /** Within the folder; of what was squashed, from there. */
  readonly file: string
  /** As the migration states it. */
  readonly phase: Phase
  /** Set where it states nothing, and its statements make it a contract step. No chain covers it. */
  readonly contracts?: boolean
  /** Of its statements: what is compared. */
  readonly checksum: string
  /** SHA-256 of the file: while it is the same, nothing needs to be loaded to know the checksum. */
  readonly bytes: string
  /** Not in the file: set only where no manifest is kept, from the migrations themselves. */
  readonly equivalents?: readonly string[]
  /** Of a squash: what it stands for. */
  readonly replaces?: readonly ReplacedMigration[]
  /** Hash of what is run, as it is compiled: it covers the text of each statement. Absent in version 1. */
  readonly compiled?: string
  /** Hash of what is read out of it. No chain covers it, so that a later version of the migrator can write its own. */
  readonly analysis?: string
  readonly chain: string
}

/** A migration with its file, as the manifest records it. */
export interface HashableMigration {
  readonly migration: Pick<Migration, 'name' | 'phase' | 'checksum' | 'equivalents' | 'replaces'>
  readonly file: string
  readonly bytes: string
  /** Absent where no manifest is kept. */
  readonly compiled?: string
  readonly analysis?: string
  readonly contracts?: boolean
}
