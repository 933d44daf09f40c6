import type { Listener } from '../../events.ts'
import { renderEvent } from './event.ts'

/** What goes on for hours is worth a line now and then, not one for each look. */
const REPEAT_MS = 30_000

/**
 * Shows a run in a log: plain lines, without anything that only a terminal understands. Who is in
 * the way is said at once, how far a statement has come only where it takes long.
 */
export function logProgress(write: (text: string) => unknown): Listener {
  let saidAt = { 'segment-waiting': -Infinity, 'segment-progress': -Infinity }
  return (event) => {
    if (event.type === 'segment-started') {
      saidAt = { 'segment-waiting': -Infinity, 'segment-progress': performance.now() }
    }
    if (event.type === 'segment-waiting' || event.type === 'segment-progress') {
      const now = performance.now()
      if (now - saidAt[event.type] < REPEAT_MS) return
      saidAt = { ...saidAt, [event.type]: now }
    }
    const line = renderEvent(event)
    if (line !== undefined) write(`${line}\n`)
  }
}
