import type { Catalog } from '../catalog/index.ts'
import type { LedgerName } from '../database-state.ts'
import type { Migration } from '../migration.ts'
import type { Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Releases } from './releases.ts'

/** Where migrations are verified. */
export interface Stage {
  readonly project: Project
  readonly ledger: LedgerName
  /** The folder of the migrations. */
  readonly folder: string
  /** The server of the throw-away databases. */
  readonly server: DatabaseTarget
  /** The database that goes through the chain, with no rows but the project's own; a migration is tried on copies of it. */
  readonly main: DatabaseTarget
  readonly rows: RowRequest
  /** The roles that migrations of the project make. */
  readonly roles: readonly string[]
  /** The tables that the project's own rows were put into, by oid. */
  readonly fixtureTables: ReadonlySet<string>
  /** What each migration is held against besides. */
  readonly releases?: Releases
}

/** How rows are made. */
export interface RowRequest {
  readonly seed: number
  readonly rowsPerTable: number
}

/** A migration to verify. */
export interface Candidate {
  readonly migration: Migration
  /** The target of its way back. */
  readonly previous: string
  /** The schema that is recorded after it. */
  readonly expected: Catalog | undefined
}
