import { describe, expect, test } from 'vitest'
import { EMPTY_STATE, type DatabaseState } from '../database-state.ts'
import type { Body, Direction, Migration } from '../migration.ts'
import { readStatements } from '../sql/read-statement.ts'
import { planHash, reviewAgainst } from './hash.ts'
import { planFor, type Plan } from './plan.ts'

async function body(sql: string): Promise<Body> {
  return { kind: 'sql', statements: await readStatements(sql, true) }
}

async function migration(name: string, up: string, down: string): Promise<Migration> {
  return {
    name,
    phase: 'expand',
    transactional: true,
    up: await body(up),
    down: await body(down),
    requires: [],
    ensures: [],
    downRequires: [],
    checksum: `v1:${up}${down}`,
  }
}

const all = [
  await migration('m1', 'create table a (n int)', 'drop table a'),
  await migration('m2', 'create table b (); create table c ()', 'drop table c; drop table b'),
  await migration('m3', 'create table d ()', 'drop table d'),
]

interface Situation {
  applied?: number
  target?: string
  half?: boolean
  direction?: Direction
}

/** The plan where the first `applied` migrations are applied; `half`: m2's first statement is done too. */
function plan(given: Situation = {}, migrations = all): Plan {
  const { applied = 0, target = 'head', half = false, direction = 'up' } = given
  const ledger = migrations.slice(0, applied).map(({ name }) => ({ name, executedAt: '' }))
  const [first] = migrations[1]?.up.kind === 'sql' ? migrations[1].up.statements : []
  const done = {
    event: 'done',
    run: '',
    migration: 'm2',
    direction: 'up',
    segment: 1,
    segments: 2,
    checksum: null,
    mode: 'transaction',
    statements: [{ sql: '', checksum: first?.checksum ?? '', position: 0 }],
  } as const
  const state: DatabaseState = {
    ...EMPTY_STATE,
    ledger,
    unfinished: new Map(half ? [['m2', [done]]] : []),
  }
  const known = { migrations: migrations.map((one) => ({ migration: one })) }
  return planFor(known, state, { direction, target })
}

describe('the hash', () => {
  test('is the same for the same work', () => {
    expect(planHash(plan())).toMatch(/^[0-9a-f]{64}$/)
    expect(planHash(plan())).toBe(planHash(plan({ target: 'm3' })))
  })

  test('changes with the direction, the range, the text, and with what is half done', async () => {
    const edited = [...all.slice(0, 2), await migration('m3', 'create table d (n int)', '')]
    const cut = [...all.slice(0, 2), { ...all[2], transactional: false } as Migration]
    const split = [{ ...all[1], transactional: false } as Migration]
    const hashes = [
      plan(),
      plan({ applied: 1 }),
      plan({ target: 'm2' }),
      plan({ applied: 3, target: 'base', direction: 'down' }),
      plan({}, edited),
      plan({ applied: 1, half: true }),
      plan({}, [all[1] as Migration]),
      plan({}, split),
    ].map(planHash)
    expect(new Set(hashes).size).toBe(hashes.length)
    // One statement is one segment, whether or not its neighbours could share it.
    expect(planHash(plan({}, cut))).toBe(planHash(plan()))
  })
})

/** What the refusal of a plan says where another one was reviewed. */
function says(before: Plan, now: Plan): string {
  try {
    reviewAgainst(planHash(before))(now, all)
  } catch (error) {
    return String(error)
  }
  return 'passed'
}

describe('a review', () => {
  const reviewed = planHash(plan())

  test('lets the plan pass by the whole hash and by its beginning, and no other', () => {
    expect(() => reviewAgainst(reviewed)(plan(), all)).not.toThrow()
    expect(() => reviewAgainst(reviewed.slice(0, 12))(plan(), all)).not.toThrow()
    expect(() => reviewAgainst(reviewed)(plan({ applied: 1 }), all)).toThrow(
      expect.objectContaining({ code: 'PLAN_DIFFERS', exit: 3 }),
    )
  })

  test.each([
    ['too short', reviewed.slice(0, 11)],
    ['empty', ''],
    ['no hash', 'HEAD'],
  ])('refuses what is no hash: %s', (_, hash) => {
    expect(() => reviewAgainst(hash)).toThrow(
      expect.objectContaining({ code: 'PLAN_HASH_MALFORMED', exit: 2 }),
    )
  })

  test('says what the reviewed plan was, where it can be found out', () => {
    const down = plan({ applied: 3, target: 'm1', direction: 'down' })
    expect(says(plan(), plan({ applied: 1 }))).toContain('that one began with m1')
    expect(says(plan({ applied: 1 }), plan())).toContain('that one began with m2')
    expect(says(plan({ target: 'm2' }), plan())).toContain('that one ended with m2')
    expect(says(plan({ applied: 1 }), plan({ applied: 1, half: true }))).toContain(
      'm2 was not half done then',
    )
    expect(says(down, plan({ applied: 2, target: 'm1', direction: 'down' }))).toContain(
      'that one began with m3',
    )
    expect(says(plan(), down)).toContain('the other direction')
  })

  test('after a lost connection, what is left of the reviewed plan passes, and nothing else', () => {
    const review = reviewAgainst(reviewed)
    review(plan(), all)
    expect(() => review(plan({ applied: 1, half: true }), all)).not.toThrow()
    expect(() => review(plan({ applied: 3 }), all)).not.toThrow()
    expect(() => review(plan({ applied: 1, target: 'm2' }), all)).toThrow(
      expect.objectContaining({ code: 'PLAN_DIFFERS' }),
    )
  })

  test('with nothing to do there is nothing to refuse', () => {
    expect(() => reviewAgainst(reviewed)(plan({ applied: 3 }), all)).not.toThrow()
  })
})
