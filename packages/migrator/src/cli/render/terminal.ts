import type { Listener, RunEvent } from '../../events.ts'
import { styleText } from 'node:util'
import { renderEvent, renderNote } from './event.ts'
import { movingLine, type Terminal } from './moving-line.ts'
import { progressLine } from './progress-line.ts'
import { duration } from './words.ts'

/** Shows events until it is closed. */
export interface Progress {
  readonly onEvent: Listener
  readonly close: () => void
}

/** Of a terminal that does not say how wide it is. */
const COLUMNS = 80

const MARKS = { running: ['·', 'dim'], done: ['✓', 'green'], failed: ['✗', 'red'] } as const

/**
 * Shows a run on a terminal: a line for each segment with the time that it took, and below them one that
 * moves: the segment at work, who is in its way, how far PostgreSQL says that it has come. No line of these
 * is longer than the terminal is wide. A segment that is at work when it is closed has failed.
 */
export function terminalProgress(terminal: Terminal, isColoured: boolean): Progress {
  const screen = movingLine(terminal)
  let current: Work | undefined
  const lineOf = ({ started, ...work }: Work, state: keyof typeof MARKS) => {
    const [mark, format] = MARKS[state]
    const time = duration(performance.now() - started)
    const line = progressLine({ mark, time, ...work }, (terminal.columns || COLUMNS) - 1)
    if (!isColoured) return line
    return styleText(format, mark, { validateStream: false }) + line.slice(mark.length)
  }
  const show = (work: Work | undefined) => {
    current = work
    screen.move(work && (() => lineOf(work, 'running')))
  }
  const leave = (state: keyof typeof MARKS) => {
    const line = current?.part ? lineOf({ ...current, note: '' }, state) : ''
    show(undefined)
    screen.say(line)
  }
  const onEvent = (event: RunEvent) => {
    if (event.type === 'segment-done') leave('done')
    if (event.type === 'connection-lost') leave('failed')
    if (!MOVES.has(event.type)) screen.say(renderEvent(event) ?? '')
    show(workAfter(current, event))
  }
  const close = () => {
    leave('failed')
    screen.close()
  }
  return { onEvent, close }
}

/** What the moving line is about. */
interface Work {
  readonly name: string
  /** `2/3`, of a segment; empty for everything else that takes its time. */
  readonly part: string
  readonly started: number
  readonly note: string
}

/** The events that the moving line tells by itself. */
const MOVES: ReadonlySet<RunEvent['type']> = new Set([
  'waiting-for-lock',
  'migration-started',
  'migration-done',
  'segment-started',
  'segment-waiting',
  'segment-progress',
  'segment-done',
] as const)

function workAfter(current: Work | undefined, event: RunEvent): Work | undefined {
  const now = performance.now()
  switch (event.type) {
    case 'waiting-for-lock': {
      const name = 'Waiting for the migration lock'
      return { name, part: '', started: now - event.waited, note: renderNote(event) }
    }
    case 'connection-lost':
      return { name: 'Connecting again', part: '', started: now, note: '' }
    case 'migration-started':
      return { name: event.migration, part: '', started: now, note: '' }
    case 'segment-started': {
      const { migration, segment, of } = event
      return { name: migration, part: `${segment}/${of}`, started: now, note: '' }
    }
    case 'segment-waiting':
    case 'segment-progress':
      return current && { ...current, note: renderNote(event) }
    case 'segment-done':
    case 'migration-done':
    // It may have begun to wait for locks.
    case 'contract-left':
      return undefined
    default:
      return current
  }
}
