import type { LockMode, LockWork } from '../migration.ts'
import type { PendingFinding } from '../run/hazards.ts'
import type { RequirementState, UnreadRequirement } from '../run/requirements.ts'

/** What migrations mean for a real database, as it is now: read there, with nothing tried and nothing guessed. */
export interface Against {
  /** Host, port and name; no user and no password. */
  readonly server: string
  /** Of PostgreSQL. */
  readonly major: number
  /** False where no migration was ever recorded there. */
  readonly hasLedger: boolean
  /** Applied there, and not known to this project. */
  readonly unknown: readonly string[]
  /** Pending there before the ones below: a run applies them, too. */
  readonly pendingBefore: readonly string[]
  /** In order. */
  readonly migrations: readonly MigrationAgainst[]
}

export interface MigrationAgainst {
  readonly name: string
  /** `applied`: it was run there, so nothing else is said of it. `begun`: an earlier run has not completed it. */
  readonly state: 'pending' | 'begun' | 'applied'
  /** None where it is code. */
  readonly statements: readonly StatementAgainst[]
  /** Tables that the migrations before say are there, and are not. */
  readonly missing: readonly string[]
  /** What lint finds where it counts at the size of these tables. */
  readonly findings: readonly PendingFinding[]
  /** What it requires, and whether that is so today; none where it is begun, since they were read before. */
  readonly requirements: readonly RequirementState[]
}

export interface StatementAgainst {
  readonly sql: string
  /** On what is there; strongest first. */
  readonly locks: readonly LockAgainst[]
  /** True where its text does not say what else it locks. */
  readonly isOpaque: boolean
}

export interface LockAgainst {
  /** As PostgreSQL prints it: qualified where the search path does not find it. */
  readonly relation: string
  readonly mode: LockMode
  readonly work?: LockWork
  /** As PostgreSQL estimates it; null where it never counted, and for what has no rows. */
  readonly rows: number | null
  /** On disk, with indexes, TOAST and partitions. */
  readonly bytes: number
}

/** What it requires and nobody could read: it is not proved that a run there does it. */
export function listUnread({ requirements }: MigrationAgainst): UnreadRequirement[] {
  return requirements.filter((one) => one.state === 'unread')
}

/** True of what a run there refuses, or cannot do. */
export function isRefused({ requirements, findings, missing }: MigrationAgainst): boolean {
  return (
    missing.length > 0 ||
    requirements.some(({ state }) => state === 'unmet') ||
    findings.some(({ level }) => level === 'error')
  )
}
