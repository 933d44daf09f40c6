import { createTestDatabase, inTurn, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { run } from './index.ts'

/** An SQLSTATE that a statement of the author's raises says nothing of the migrator's own connection or locks. */

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.drop())

/** Goes up; expects one try, after which nothing is open: the next run fails in the same way. */
async function expectRefused(up: SqlMigration, sqlstate: string): Promise<void> {
  const project = await sqlProject({ Migration1: up })
  try {
    for (const _ of ['first', 'next']) {
      const lost: string[] = []
      const target = databaseTarget(database.url, { onEvent: ({ type }) => lost.push(type) })
      const ended = run(project, target, { direction: 'up', target: 'head' })
      await expect(ended).rejects.toMatchObject({
        code: 'STATEMENT_FAILED',
        exit: 1,
        postgres: { sqlstate },
      })
      expect(lost).not.toContain('connection-lost')
      expect(lost.filter((type) => type === 'segment-started')).toHaveLength(1)
    }
    const failed = await query(
      database.url,
      `select attempts from migrator.history where event = 'failed'`,
    )
    expect(failed).toEqual([{ attempts: 1 }, { attempts: 1 }])
  } finally {
    await project.drop()
  }
}

const raise = (state: string) => `do $$ begin raise 'mine' using errcode = '${state}'; end $$`

const WAYS: Readonly<Record<string, (state: string) => SqlMigration>> = {
  'a statement': (state) => ({ up: raise(state) }),
  'a statement outside of a transaction': (state) => ({ up: raise(state), transactional: false }),
  code: (state) => ({ up: async (session) => void (await session.query(raise(state))) }),
}

const STATES = [
  ...['08000', '08001', '08003', '08006', '08P01'],
  ...['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04'],
  ...['55P03', '40P01', '40001', '57014'],
]

test.each(inTurn(STATES.flatMap((state) => Object.keys(WAYS).map((way) => [state, way] as const))))(
  '%s raised by %s',
  async (state, way) => {
    await expectRefused(WAYS[way]?.(state) ?? { up: '' }, state)
  },
)

test('a subscription to a server that does not answer', async () => {
  const up = `create subscription s connection 'host=127.0.0.1 port=1' publication p`
  await expectRefused({ up, transactional: false }, '08006')
})
