/** What a database says of itself: its ledger and its journal, as data. */

import type { Check, Direction, ReplacedMigration, Statement } from './migration.ts'

/** Where MikroORM keeps its ledger. Without a schema: the first of the search path. */
export interface LedgerName {
  readonly schema?: string
  readonly table: string
}

/** True of the table that a ledger is; one without a schema is in whichever it is found. */
export function isLedger(
  ledger: LedgerName,
  { schema, name }: { readonly schema: string; readonly name: string },
): boolean {
  return name === ledger.table && schema === (ledger.schema ?? schema)
}

/** What the current role may not do to the bookkeeping, since it is another role's. */
export interface MissingRight {
  /** Quoted where it has to be. */
  readonly owner: string
  /** Lets the current role do it; null where it had better connect as the owner. */
  readonly sql: string | null
}

/** What the database says of itself: the ledger, and the journal's view of what is unfinished. */
export interface DatabaseState {
  /** Quoted and qualified, so that no later search_path changes its meaning. */
  readonly ledgerTable: string
  readonly ledgerSchema: string
  /** `format`: of the journal; 0 where there is none. */
  readonly exists: { readonly ledger: boolean; readonly journal: boolean; readonly format: number }
  /** `migrator.disposable` is on: its owner would not miss what is in it. */
  readonly isDisposable: boolean
  /** Statements that let the current role write the bookkeeping; undefined where it may. */
  readonly missingRights: readonly MissingRight[] | undefined
  /** In the order in which they were applied. */
  readonly ledger: readonly LedgerRow[]
  /**
   * By ledger, what the journal has as applied in others that exist. Empty where the configuration names the schema of the
   * ledger, and where the journal knows the ledger at hand.
   */
  readonly otherLedgers: Readonly<Record<string, readonly string[]>>
  /** The last completion of each migration that the journal knows. */
  readonly completed: ReadonlyMap<
    string,
    { readonly direction: Direction; readonly checksum: string | null }
  >
  /** What squashes stand for that were recorded in the place of their parts, which had been applied one by one. */
  readonly squashed: ReadonlyMap<string, readonly ReplacedMigration[]>
  /** What the journal holds of a migration since its last completion, in order. */
  readonly unfinished: ReadonlyMap<string, readonly OpenEntry[]>
  /**
   * The seeders' checksum at their last run. Undefined where something was lost for good since: it may have been their
   * rows.
   */
  readonly seeded: string | undefined
  /** An adoption that began and has not come to its end. */
  readonly adopting: AdoptionRecord | undefined
  /** Fingerprint of the schema after the last run of any project; undefined where it is unknown. */
  readonly catalog: string | undefined
  /** What `readMarker` returned then. */
  readonly changeMarker: string | undefined
  /** Identities of objects in that schema which no run has made. */
  readonly unmanaged: readonly string[]
  /** Migrations of which the archive has something to restore once they are applied again. */
  readonly archived: readonly string[]
  /** The archive has a copy that was made for a segment which has not run. */
  readonly hasPrepared: boolean
}

export interface LedgerRow {
  readonly name: string
  readonly executedAt: string
}

export interface OpenEntry {
  readonly event: JournalEvent
  readonly run: string
  readonly migration: string
  readonly direction: Direction
  readonly segment: number
  readonly segments: number
  readonly checksum: string | null
  readonly mode: Mode
  readonly statements: readonly JournalStatement[]
  /** What the event is about, as data. */
  readonly facts?: unknown
}

/** What the journal keeps of an adoption, so that the next run goes on with the same. */
export interface AdoptionRecord {
  /** Which known schema the database was found to have, or what it is otherwise. */
  readonly knownSchema: string
  /** Of its catalog before anything was done. */
  readonly fingerprint: string
  /** By problem, as they are typed. */
  readonly decisions: Readonly<Record<string, string>>
  /** Rows that stood in the way, by problem. */
  readonly counts: Readonly<Record<string, number>>
  /** Objects that no migration makes, as `kind identity`: they stay. */
  readonly unmanaged: readonly string[]
  /** Statements of a reviewed file. */
  readonly reconciliation?: readonly string[]
  /** Migrations that the ledger has, and that the schema contradicts. */
  readonly contradicted?: readonly string[]
  /** What other tools' ledgers said. */
  readonly ledgers?: readonly unknown[]
}

/** What is known where there is no database: nothing is applied. */
export const EMPTY_STATE: DatabaseState = {
  ledgerTable: '',
  ledgerSchema: '',
  exists: { ledger: false, journal: false, format: 0 },
  isDisposable: false,
  missingRights: undefined,
  ledger: [],
  otherLedgers: {},
  completed: new Map(),
  squashed: new Map(),
  unfinished: new Map(),
  seeded: undefined,
  adopting: undefined,
  catalog: undefined,
  changeMarker: undefined,
  unmanaged: [],
  archived: [],
  hasPrepared: false,
}

/**
 * What happened, in order; nothing in it is ever changed.
 * - `started`: committed before a segment's first statement.
 * - `done`: in the segment's own transaction, so it is there exactly when the work is.
 * - `failed`: after the rollback.
 * - `recovered`: a later run found in the catalog that a lost segment had taken effect.
 * - `no-effect`: a later run found that it had not; it runs again.
 * - `resolved`: a person said so of a segment in doubt.
 * - `seeded`: the seeders ran; `facts` are what was shipped as reference data, what was kept of it for users, and what was removed.
 * - `adopting`: an adoption began, with all of its decisions.
 * - `adopted`: it came to its end; `facts` are the evidence.
 * - `schema-recorded`: what the schema is at the end of a run; the name is that of the migration completed last.
 * - `drift-allowed`: a person let a run go on although the schema was not what the last one left; `note` says why.
 * - `hazards-allowed`: a run applies what lint refuses in this database, since its caller said yes; `facts` are the findings.
 * - `blocker-ended`: a session that stood in the way was ended, as the caller had asked for.
 * - `repaired`: a person said that it is applied, or that its text is what was applied, and the schema bore it out.
 * - `logged`: a person recorded it as applied, or as not applied, without running it.
 * - `rollup-recorded`: a squash was recorded in the place of its parts, which had been applied; `down`: they are recorded
 *   again in its place, since the way back goes through them. Of a part, as an entry that is not final: a squash stands for
 *   it. (What is a squash today was once a rollup.)
 * - `ledger-dropped`: the ledger had gone, and with it the schema that the entries before were about.
 * - `prepared`: what a statement is about to take away was copied, while the application worked on.
 * - `archived`: what a statement of a way back took away is in the archive; `discarded`: it was named as one
 *   that may be lost.
 * - `restored`: it is where it was. `purged`: the archive let go of it.
 */
export type JournalEvent = (typeof JOURNAL_EVENTS)[number]

export const JOURNAL_EVENTS = [
  'started',
  'done',
  'failed',
  'recovered',
  'no-effect',
  'resolved',
  'seeded',
  'adopting',
  'adopted',
  'schema-recorded',
  'drift-allowed',
  'hazards-allowed',
  'blocker-ended',
  'repaired',
  'logged',
  'rollup-recorded',
  'ledger-dropped',
  'prepared',
  'archived',
  'discarded',
  'restored',
  'purged',
] as const

/** Events that say that a segment is part of what has been done. */
export const WORK_EVENTS = ['done', 'recovered', 'resolved'] as const satisfies JournalEvent[]

export type JournalStatement = Pick<Statement, 'sql' | 'checksum'> & { readonly position: number }

/** A migration as the journal keeps it: enough to go back without its file. */
export interface JournalledMigration {
  readonly transactional: boolean
  /** By the id of a rule of lint: why what it does is right all the same. */
  readonly allow?: Readonly<Record<string, string>>
  readonly up: JournalledBody
  readonly down: JournalledBody
  readonly downRequires: readonly Check[]
}

export type JournalledBody =
  | { readonly kind: 'sql'; readonly statements: readonly string[] }
  | { readonly kind: 'code' }
  | { readonly kind: 'none'; readonly reason: string }

/** `transaction`: all of it in one. `outside`: in none, since PostgreSQL or the author refuses one. */
export type Mode = 'transaction' | 'outside'
