import type { DatabaseState, OpenEntry } from '../database-state.ts'
import { isHalfDone } from '../plan/progress.ts'

/** The last entry of each migration that was started and whose end nobody saw. */
export function interruptedSegments(state: DatabaseState): OpenEntry[] {
  return [...state.unfinished.values()].flatMap((entries) => {
    const last = entries.at(-1)
    return last?.event === 'started' ? [last] : []
  })
}

/**
 * Segments that may or may not have taken effect: started outside a transaction. A segment inside a transaction is
 * never in doubt: without its `done` it was rolled back.
 */
export function openSegments(state: DatabaseState): OpenEntry[] {
  return interruptedSegments(state).filter(({ mode }) => mode === 'outside')
}

/** Migrations that are applied again, and that the archive has something of: an older version was interrupted there. */
export function returnable({ archived, ledger, unfinished }: DatabaseState): string[] {
  const applied = new Set(ledger.map(({ name }) => name))
  return archived.filter((name) => applied.has(name) && !isHalfDone(unfinished.get(name)))
}
