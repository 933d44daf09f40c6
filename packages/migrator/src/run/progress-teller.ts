import type { Hunted } from './hunt.ts'
import type { Listener } from './events.ts'
import type { Work } from './work.ts'

const TELL_EVERY_MS = 500
const SHORT = 60

/** Tells what a segment is at, where that has changed, and no more often than a reader follows. */
export function progressTeller(
  { migration, index, statements }: Hunted,
  onEvent: Listener,
): (work: Work) => void {
  const own = new Set(statements.map(({ sql }) => sql.replaceAll(/\s+/g, ' ').trim()))
  let last = { at: -Infinity, what: '' }
  return ({ query, phase, done, total }) => {
    const now = performance.now()
    // Of its bookkeeping it says nothing.
    if (now - last.at < TELL_EVERY_MS || (phase === null && !own.has(query))) return
    const shown = query.length > SHORT ? `${query.slice(0, SHORT - 1)}…` : query
    const progress = { phase: phase ?? shown, done, total }
    const what = JSON.stringify(progress)
    if (what === last.what) return
    last = { at: now, what }
    onEvent({ type: 'segment-progress', migration, segment: index, ...progress })
  }
}
