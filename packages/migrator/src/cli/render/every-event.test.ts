import type { RunEvent } from '../../events.ts'
import type { HistoryEntry } from '../../inspect/history.ts'
import { expect, test } from 'vitest'
import { renderEvent } from './event.ts'
import { renderHistory } from './history.ts'

/** What a value that is missing looks like where nobody has thought of it. */
const MISSING = /null|undefined|NaN|\[object/

const JOURNALLED: Record<HistoryEntry['event'], true> = {
  started: true,
  done: true,
  failed: true,
  recovered: true,
  'no-effect': true,
  resolved: true,
  seeded: true,
  adopting: true,
  adopted: true,
  'schema-recorded': true,
  'drift-allowed': true,
  'hazards-allowed': true,
  'blocker-ended': true,
  repaired: true,
  logged: true,
  'rollup-recorded': true,
  'ledger-dropped': true,
  prepared: true,
  archived: true,
  discarded: true,
  restored: true,
  purged: true,
}

const FILLED = {
  id: '1',
  at: '2026-01-01T00:00:00Z',
  migration: 'Migration1',
  direction: 'down',
  segment: 1,
  segments: 2,
  durationMs: 3,
  lockWaitMs: 4,
  attempts: 1,
  rows: '5',
  role: 'me',
  host: 'here',
  toolVersion: '1',
  build: 'b',
  note: 'a note',
  allow: { 'wide-index': 'why' },
} as const

/** Of no entry they are null. */
const ALWAYS = new Set(['id', 'at', 'role'])

test('every entry of the journal is shown, whatever it does not have', () => {
  const optional = Object.keys(FILLED).filter((key) => !ALWAYS.has(key))
  const nothing = Object.fromEntries(optional.map((key) => [key, null]))
  for (const event of Object.keys(JOURNALLED) as HistoryEntry['event'][]) {
    const lacking = optional.map((key) => ({ ...FILLED, [key]: null, event }))
    const having = optional.map((key) => ({
      ...FILLED,
      ...nothing,
      [key]: FILLED[key as keyof typeof FILLED],
      event,
    }))
    for (const entry of [{ ...FILLED, ...nothing, event }, ...lacking, ...having]) {
      expect(renderHistory([entry as HistoryEntry])).not.toMatch(MISSING)
    }
  }
  expect(renderHistory([{ ...FILLED, event: 'archived', segments: null }])).toContain(
    'Migration1 down 1 ',
  )
})

type Events = { [Type in RunEvent['type']]: readonly Extract<RunEvent, { type: Type }>[] }

const of = { migration: 'Migration1', segment: 1 } as const
const MESSAGE = { sqlstate: '00000', severity: 'WARNING', message: 'careful' } as const

/** Each with as little in it as it may have. */
const EVENTS: Events = {
  'reference-kept': [
    { type: 'reference-kept', kept: [] },
    { type: 'reference-kept', kept: [{ table: 'profile', key: 'a', reason: 'own-row' }] },
  ],
  'contract-left': [{ type: 'contract-left', migration: 'Migration1', says: 'waits for orders' }],
  'contract-waiting': [
    { type: 'contract-waiting', migration: 'Migration1', needing: ['orders'], waited: 0, limit: 0 },
  ],
  'waiting-for-lock': [
    { type: 'waiting-for-lock', pid: 0, application: '', since: 'unknown', waited: 0, limit: 0 },
  ],
  drift: [{ type: 'drift', differences: [] }],
  'ledger-lacks': [{ type: 'ledger-lacks', migrations: [] }],
  hazards: [
    { type: 'hazards', findings: [] },
    { type: 'hazards', findings: [{ migration: 'Migration1', rule: 'wide-index', says: 'i.' }] },
  ],
  'source-edited': [{ type: 'source-edited', migrations: ['Migration1'] }],
  'catalog-unreadable': [{ type: 'catalog-unreadable', reason: '' }],
  losses: [
    { type: 'losses', losses: [] },
    {
      type: 'losses',
      losses: [
        {
          object: 'a',
          count: 0,
          what: 'unknown',
          bytes: 0,
          migration: 'Migration1',
          isKept: false,
        },
        { object: 'b', count: 1, what: 'rows', bytes: 0, migration: 'Migration1', isKept: true },
      ],
    },
  ],
  'kept-so-far': [
    { type: 'kept-so-far', kept: [{ migration: 'Migration1', object: 'a', rows: 0 }] },
  ],
  restored: [
    {
      type: 'restored',
      returned: [
        { entry: '1', object: 'a', migration: 'Migration1', restoredRows: 0, note: undefined },
      ],
    },
  ],
  notice: [{ type: 'notice', ...of, notice: MESSAGE }],
  'connection-lost': [{ type: 'connection-lost', reason: '' }],
  recovered: [{ type: 'recovered', ...of, how: '' }],
  'migration-started': [{ type: 'migration-started', migration: 'Migration1', direction: 'up' }],
  'segment-started': [{ type: 'segment-started', ...of, of: 1, statements: 0 }],
  copying: [{ type: 'copying', ...of, object: 'a.b', bytes: 0 }],
  copied: [{ type: 'copied', ...of, object: 'a.b', rows: 0, bytes: 0, milliseconds: 0 }],
  'backfill-throttled': [
    { type: 'backfill-throttled', migration: 'Migration1', reasons: [], isStill: false },
    { type: 'backfill-throttled', migration: 'Migration1', reasons: ['a'], isStill: true },
  ],
  'segment-waiting': [{ type: 'segment-waiting', ...of, blockers: [], waited: 0 }],
  'segment-progress': [{ type: 'segment-progress', ...of, phase: '', done: 0, total: 0 }],
  'blocker-ended': [
    { type: 'blocker-ended', ...of, blocker: '' },
    { type: 'blocker-ended', ...of, blocker: '', problem: '' },
  ],
  'segment-done': [{ type: 'segment-done', ...of, of: 1, milliseconds: 1e9 }],
  'migration-done': [
    { type: 'migration-done', migration: 'Migration1', direction: 'up', milliseconds: 0 },
  ],
}

test('every event is shown, whatever it does not have', () => {
  for (const event of Object.values(EVENTS).flat()) {
    expect(renderEvent(event) ?? '').not.toMatch(MISSING)
  }
})

test('a notice is shown with its level and all that PostgreSQL adds to it', () => {
  const notice = { ...MESSAGE, detail: 'of a', hint: 'look', where: 'line 1' }
  expect(renderEvent({ type: 'notice', ...of, notice })).toBe(
    'Migration1: WARNING: careful\n  DETAIL:  of a\n  HINT:  look\n  CONTEXT:  line 1',
  )
})

test('a notice of what IF EXISTS skips is no line: the author has asked for it', () => {
  const message = 'table "a" does not exist, skipping'
  const notice = { ...MESSAGE, severity: 'NOTICE', message }
  expect(renderEvent({ type: 'notice', ...of, notice })).toBeUndefined()
  expect(
    renderEvent({ type: 'notice', ...of, notice: { ...notice, severity: 'WARNING' } }),
  ).toBeDefined()
})
