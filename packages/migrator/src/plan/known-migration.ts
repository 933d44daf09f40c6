import type { ReplacedMigration } from '../migration.ts'

/** What integrity is judged by, from the manifest or from the migrations themselves. */
export interface KnownMigration {
  readonly name: string
  readonly checksum: string
  /** Of code: checksums that count as the same. */
  readonly equivalents?: readonly string[]
  /** What a squash stands for. */
  readonly replaces?: readonly ReplacedMigration[]
}

/** The names that a migration stands for: its own, and those of what was squashed into it. */
export function standsFor({
  name,
  replaces = [],
}: Pick<KnownMigration, 'name' | 'replaces'>): string[] {
  return [name, ...replaces.map((part) => part.name)]
}
