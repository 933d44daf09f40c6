import type { Listener } from '@techfacts/migrator'
import { renderEvent } from './event.ts'

/** What goes on for hours is worth a line now and then, not one for each look. */
const REPEAT_MS = 30_000

/** Shows a run in a log: plain lines, without anything that only a terminal understands. */
export function logProgress(write: (text: string) => unknown): Listener {
  let saidAt = -Infinity
  return (event) => {
    if (event.type === 'segment-started') saidAt = -Infinity
    if (event.type === 'segment-waiting' || event.type === 'segment-progress') {
      const now = performance.now()
      if (now - saidAt < REPEAT_MS) return
      saidAt = now
    }
    const line = renderEvent(event)
    if (line !== undefined) write(`${line}\n`)
  }
}
