import type { LoadedProject, OpenProject } from '../project/project.ts'
import type { Decisions } from './decisions.ts'
import type { Knowledge } from './knowledge.ts'
import type { Reconciliation } from './reconcile.ts'

/** What is held against a database. */
export interface Yardstick {
  readonly knowledge: Knowledge
  readonly locked: OpenProject
  readonly loaded: LoadedProject
  readonly decisions: Decisions
  readonly reconciliation?: Reconciliation | undefined
}
