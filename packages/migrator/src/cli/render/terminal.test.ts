import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { terminalProgress } from './terminal.ts'

const NAME = 'Migration20261122154447_default_ids_to_gen_random_uuid'
const ESCAPE = '\u{1B}'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** As much of a terminal as the progress uses: lines, and a last one that can be erased. */
function screen(columns?: number) {
  let written = ''
  const terminal = { write: (text: string) => void (written += text), ...(columns && { columns }) }
  const lines = () =>
    written
      .split('\n')
      .map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf('\r') + 1)))
  return { terminal, lines, written: () => written }
}

const started = {
  type: 'segment-started',
  migration: NAME,
  segment: 2,
  of: 3,
  statements: 1,
} as const
const done = { ...started, type: 'segment-done', milliseconds: 0 } as const
const progress = {
  ...started,
  type: 'segment-progress',
  phase: 'building index',
  done: 1,
  total: 3,
} as const
const waiting = {
  ...started,
  type: 'segment-waiting',
  blockers: ['pid 7, psql'],
  waited: 0,
} as const

describe('a run on a terminal', () => {
  test('has one line that moves, and leaves a line for each segment', () => {
    const { terminal, lines } = screen(120)
    const { onEvent, close } = terminalProgress(terminal, false)
    onEvent({ type: 'migration-started', migration: NAME, direction: 'up' })
    onEvent(started)
    onEvent(waiting)
    vi.advanceTimersByTime(1200)
    expect(lines()).toEqual([`· ${NAME} 2/3  1.2 s  waits for pid 7, psql`])
    onEvent(progress)
    vi.advanceTimersByTime(2000)
    expect(lines()).toEqual([`· ${NAME} 2/3  3.2 s  building index, 33 %`])
    onEvent(done)
    onEvent({ ...started, segment: 3 })
    expect(lines()).toEqual([`✓ ${NAME} 2/3  3.2 s`, `· ${NAME} 3/3  0.0 s`])
    vi.advanceTimersByTime(500)
    close()
    expect(lines()).toEqual([`✓ ${NAME} 2/3  3.2 s`, `✗ ${NAME} 3/3  0.5 s`, ''])
  })

  test('leaves no line for a contract step that is left waiting in the middle', () => {
    const { terminal, lines } = screen(120)
    const { onEvent, close } = terminalProgress(terminal, false)
    onEvent(started)
    onEvent(waiting)
    onEvent({ type: 'contract-left', migration: NAME, says: 'waits for orders' })
    vi.advanceTimersByTime(500)
    close()
    expect(lines()).toEqual([''])
  })

  test('shows other news above the line that moves', () => {
    const { terminal, lines } = screen(80)
    const { onEvent, close } = terminalProgress(terminal, false)
    onEvent(started)
    onEvent({ type: 'recovered', migration: 'm', segment: 1, how: 'it had taken effect' })
    expect(lines()).toEqual([
      'm: segment 1 was interrupted; it had taken effect.',
      expect.stringContaining('2/3'),
    ])
    close()
  })

  test('shows who holds the migration lock, and since when it waits', () => {
    const { terminal, lines } = screen(120)
    const { onEvent, close } = terminalProgress(terminal, false)
    const lock = { pid: 7, application: 'migrate', since: 'noon', waited: 5000, limit: 9000 }
    onEvent({ type: 'waiting-for-lock', ...lock })
    vi.advanceTimersByTime(1000)
    expect(lines()).toEqual([
      '· Waiting for the migration lock  6.0 s  pid 7 (migrate) holds it since noon',
    ])
    close()
    expect(lines()).toEqual([''])
  })

  test.each([10, 20, 40, 79, undefined])('never wraps: %s columns', (columns) => {
    const { terminal, written } = screen(columns)
    const { onEvent, close } = terminalProgress(terminal, false)
    for (const event of [started, progress, waiting, done, started]) {
      onEvent(event)
      vi.advanceTimersByTime(100_000)
    }
    close()
    const drawn = stripVTControlCharacters(written()).split(/[\r\n]/)
    const longest = Math.max(...drawn.map((line) => line.length))
    expect(longest).toBeLessThan(columns ?? 80)
    expect(longest).toBeGreaterThan((columns ?? 80) / 2)
  })

  test('gives cursor and wrapping back, and draws no more', () => {
    const { terminal, written } = screen()
    const { onEvent, close } = terminalProgress(terminal, true)
    onEvent(started)
    close()
    const ended = written()
    expect(ended.lastIndexOf('[?25h')).toBeGreaterThan(ended.lastIndexOf('[?25l'))
    expect(ended.lastIndexOf('[?7h')).toBeGreaterThan(ended.lastIndexOf('[?7l'))
    vi.advanceTimersByTime(1000)
    expect(written()).toBe(ended)
  })

  test('writes nothing where nothing happens', () => {
    const { terminal, written } = screen()
    terminalProgress(terminal, true).close()
    expect(written()).toBe('')
  })

  test('has colours only where they are wanted', () => {
    const [plain, coloured] = [false, true].map((isColoured) => {
      const { terminal, written } = screen()
      const { onEvent, close } = terminalProgress(terminal, isColoured)
      onEvent(started)
      onEvent(done)
      close()
      return written()
    })
    expect(plain).not.toContain(`${ESCAPE}[32m`)
    expect(coloured).toContain(`${ESCAPE}[32m✓`)
  })
})
