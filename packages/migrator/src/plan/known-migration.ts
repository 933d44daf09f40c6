import type { ReplacedMigration } from '../migration.ts'

/** What integrity is judged by: from the manifest, or from the migrations themselves. */
export interface KnownMigration {
  readonly name: string
  readonly checksum: string
  /** Of code: checksums that are as good. */
  readonly equivalents?: readonly string[]
  /** What a rolled-up migration stands for. */
  readonly replaces?: readonly ReplacedMigration[]
}
