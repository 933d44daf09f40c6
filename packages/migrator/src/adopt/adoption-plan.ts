import type { Catalog } from '../catalog/index.ts'
import type { Problem } from './problems.ts'
import type { LayerContext } from './layers.ts'
import type { Knowledge } from './knowledge.ts'
import { type ForeignLedger } from './foreign-ledgers.ts'
import { type Classification } from './classify.ts'
import type { DatabaseState } from '../database-state.ts'

/** What a database is found to be, and what its adoption would do: data, and nothing done yet. */
export interface AdoptionPlan {
  readonly classification: Classification
  /** Of everything that the migrations may see. */
  readonly fingerprint: string
  readonly ledgers: readonly ForeignLedger[]
  /** Objects that are kept and not known, as `kind identity`. */
  readonly extras: readonly string[]
  /** Migrations whose effect is there, and which will be recorded. */
  readonly recorded: readonly string[]
  /** Migrations that will be run. */
  readonly pending: readonly string[]
  /** Rows of MikroORM's ledger that the catalog gives the lie. */
  readonly unbelieved: readonly string[]
  /** What is done in one transaction with the recording, in order. */
  readonly statements: readonly string[]
  /** Those of them that carry out the decisions. */
  readonly repairs: readonly string[]
  readonly problems: readonly Problem[]
  /** True where the ledger, the journal and the catalog agree already. */
  readonly isOurs: boolean
  /** True where an adoption was interrupted behind its first transaction. */
  readonly resumes: boolean
  /** True where nothing is left to be adopted: it is ours, and nothing stands in the way of what is pending. */
  readonly isDone: boolean
}

/** What an inspection leaves for the steps after it. */
export interface Inspection {
  readonly plan: AdoptionPlan
  readonly state: DatabaseState
  readonly live: Catalog
  /** How the problems were read. */
  readonly context: LayerContext
  readonly knowledge: Knowledge
}
