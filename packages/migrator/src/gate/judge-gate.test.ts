import { describe, expect, test } from 'vitest'

import { readGate } from './index.ts'
import { judgeGate, type DatabaseMigration } from './judge-gate.ts'

const REQUIRED = [
  { name: 'm1', checksum: 'v1:1' },
  { name: 'm2', checksum: 'v1:2' },
]

function known(name: string, more: Partial<DatabaseMigration> = {}): DatabaseMigration {
  const checksum = `v1:${name.slice(1)}`
  return { name, isApplied: true, isHalfDone: false, checksum, phase: 'expand', ...more }
}

const own = [known('m1'), known('m2')]

describe('a database', () => {
  test.each([
    ['with just these migrations', own, 'fits'],
    [
      'of which one was applied by another tool',
      [known('m1', { checksum: null }), known('m2')],
      'fits',
    ],
    ['with one more that expands', [...own, known('m3')], 'ahead'],
    [
      'with one more, half done, that expands',
      [...own, known('m3', { isApplied: false, isHalfDone: true })],
      'ahead',
    ],
    ['without any', [], 'behind'],
    ['that lacks one', [known('m1')], 'behind'],
    [
      'that has one in part',
      [known('m1'), known('m2', { isApplied: false, isHalfDone: true })],
      'behind',
    ],
    ['that has reverted one in part', [known('m1'), known('m2', { isHalfDone: true })], 'behind'],
    ['that lacks one and has one more', [known('m1'), known('m3')], 'behind'],
    [
      'with one more that contracts',
      [...own, known('m3', { phase: 'contract' })],
      'ahead-by-contract',
    ],
    [
      'with one more, half done, that contracts',
      [...own, known('m3', { isApplied: false, isHalfDone: true, phase: 'contract' })],
      'ahead-by-contract',
    ],
    [
      'with one more of which nothing is known',
      [...own, known('m3', { checksum: null, phase: null })],
      'ahead-by-contract',
    ],
    ['with another version of one', [known('m1', { checksum: 'v1:x' }), known('m2')], 'drifted'],
    ['with only others', [known('m7'), known('m8')], 'unknown'],
    ['that another tool migrated', own.map((one) => ({ ...one, checksum: null })), 'unknown'],
  ] as const)('%s: %#', (_, found, state) => {
    const gate = judgeGate(REQUIRED, found)
    expect(gate.state).toBe(state)
    expect(gate.isOpen).toBe(state === 'fits' || state === 'ahead')
    expect(gate.reason === '').toBe(state === 'fits')
  })

  test('names what is missing, unknown and edited, and what to do', () => {
    const many = ['m3', 'm4', 'm5', 'm6'].map((name) => ({ name, checksum: '' }))
    expect(judgeGate([...REQUIRED, ...many], own).reason).toBe(
      'The database is behind: it lacks m3, m4, m5 and 1 more. Run the migrate step of this build.',
    )
    const both = judgeGate(REQUIRED, [known('m1'), known('m9', { phase: 'contract' })]).reason
    expect(both).toMatch(/behind: it lacks m2.*ahead: this build does not know m9/)
    expect(judgeGate(REQUIRED, [known('m1', { checksum: 'x' }), known('m2')]).reason).toMatch(
      /another version of m1/,
    )
  })
})

const MANIFEST = { ledger: { table: 'ledger' }, migrations: REQUIRED }

function failing(code: string) {
  return () => Promise.reject(Object.assign(new Error(code), { code }))
}

function stateOf(required: Parameters<typeof judgeGate>[0], ...more: DatabaseMigration[]) {
  return judgeGate(required, [...own, ...more]).state
}

describe('a contract step of this build', () => {
  const STEPS = [...REQUIRED, { name: 'm3', checksum: 'v1:3', phase: 'contract' }]

  test('that waits leaves the gate open, whether its phase is stated or found', () => {
    expect(judgeGate(STEPS, own)).toEqual({ state: 'fits', isOpen: true, reason: '' })
    const found = [...REQUIRED, { name: 'm3', checksum: '', phase: 'expand', contracts: true }]
    expect(stateOf(found)).toBe('fits')
  })

  test.each([
    ['half done', known('m3', { isApplied: false, isHalfDone: true })],
    ['half reverted', known('m3', { isHalfDone: true })],
  ] as const)('that is %s leaves it open, too, and is named', (_, step) => {
    expect(judgeGate(STEPS, [...own, step])).toEqual({
      state: 'fits',
      isOpen: true,
      reason: expect.stringContaining('m3 in part'),
    })
  })

  test('with which a database begins, and that is half done, does not', () => {
    const half = known('m3', { isApplied: false, isHalfDone: true })
    expect(judgeGate(STEPS.slice(-1), [half]).state).toBe('behind')
    const squash = { name: 'm3', checksum: 'v1:3', phase: 'contract', replaces: [] }
    expect(judgeGate([...REQUIRED, squash], [...own, half]).state).toBe('behind')
  })

  test('that is in another version does not', () => {
    expect(stateOf(STEPS, known('m3', { checksum: 'v1:x' }))).toBe('drifted')
  })

  test('does not hide that an expand step is missing', () => {
    expect(stateOf([...STEPS, { name: 'm4', checksum: '', phase: 'expand' }])).toBe('behind')
  })
})

test('a database without a ledger is unknown; any other failure is the caller’s', async () => {
  expect(await readGate(MANIFEST, failing('42P01'))).toMatchObject({
    state: 'unknown',
    isOpen: false,
  })
  await expect(readGate(MANIFEST, failing('42501'))).rejects.toThrow('42501')
})
