import { expect, test } from 'vitest'
import type { Instance } from '../journal/instances.ts'
import { applicationName, revisionOf } from './revision.ts'
import { describeInstance, whoNeeds } from './who-needs.ts'

const entry = (name: string, digit: string) => ({ name, chain: digit.repeat(64) })
const MANIFEST = { migrations: [entry('m1', 'a'), entry('m2', 'b'), entry('m3', 'c')] }

function instance(revision: string): Instance {
  const application = `orders/${revision}`
  return { application, revision, host: 'h', by: 'session', lastSeen: 'now' }
}

test.each([
  ['m1', 'unknown'],
  ['m2', 'aaaaaaaaaaaa earlier, unknown'],
  ['m3', 'aaaaaaaaaaaa earlier, bbbbbbbbbbbb earlier, unknown'],
])(
  '%s is needed in the old shape by the builds before it, and by unknown ones',
  (step, expected) => {
    const instances = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc', ''].map(instance)
    const needing = whoNeeds(MANIFEST, step, instances)
    expect(needing.map(({ revision, build }) => `${revision} ${build}`.trim()).join(', ')).toBe(
      expected,
    )
  },
)

test('a name holds its revision, however long it is, in the bytes that PostgreSQL keeps', () => {
  expect(applicationName('orders', MANIFEST)).toBe('orders/cccccccccccc')
  for (const name of ['x'.repeat(100), 'ü'.repeat(40), 'a/b']) {
    const made = applicationName(name, MANIFEST)
    expect(made).toMatch(/^[ -~]+\/cccccccccccc$/)
    expect(Buffer.byteLength(made)).toBeLessThanOrEqual(63)
  }
  expect(revisionOf({ migrations: [] })).toBe('000000000000')
})

test('what an instance calls itself cannot be taken for another line', () => {
  const made = {
    ...instance('aaaaaaaaaaaa'),
    application: 'a\u001b[2J\n/aaaaaaaaaaaa',
    build: 'earlier',
  } as const
  expect(describeInstance(made)).toMatch(/^[ -~]+$/)
})
