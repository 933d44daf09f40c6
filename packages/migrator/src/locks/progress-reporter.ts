import type { LockRequest } from './lock-wait.ts'
import type { Listener } from '../events.ts'
import type { Work } from './work.ts'

const TELL_EVERY_MS = 500

/**
 * Tells how far PostgreSQL says that a statement has come, where that has changed, and no more often than a
 * reader follows. Of most statements, a validation among them, PostgreSQL says nothing.
 */
export function progressReporter(
  { migration, index }: LockRequest,
  onEvent: Listener,
): (work: Work) => void {
  let last = { at: -Infinity, what: '' }
  return ({ phase, done, total }) => {
    const now = performance.now()
    if (phase === null || now - last.at < TELL_EVERY_MS) return
    const what = JSON.stringify([phase, done, total])
    if (what === last.what) return
    last = { at: now, what }
    onEvent({ type: 'segment-progress', migration, segment: index, phase, done, total })
  }
}
