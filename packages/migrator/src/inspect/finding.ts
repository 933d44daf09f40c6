import type { ExitName } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'

/** One thing that is not as it should be. */
export interface Finding {
  readonly about: 'manifest' | 'entities' | 'ledger' | 'migrations' | 'schema'
  /** The exit code that it leads to; `done` is a warning. */
  readonly exit: Extract<ExitName, 'done' | 'pending' | 'refused' | 'integrity'>
  /** What was found. */
  readonly says: string
  /** What to run to mend it. */
  readonly next?: readonly NextStep[]
}
