import { createTestDatabase, inTurn, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MigratorError } from '../errors/index.ts'
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

/** Goes up twice; returns what each run ends with, after how many tries. */
async function goUp(up: SqlMigration): Promise<string[]> {
  const project = await sqlProject({ Migration1: up })
  const ends: string[] = []
  try {
    for (const _ of ['first', 'next']) {
      const target = databaseTarget(database.url, {
        onEvent: ({ type }) => void (type === 'connection-lost' && ends.push(type)),
      })
      const error = await run(project, target, { direction: 'up', target: 'head' }).catch(
        (refusal: unknown) => refusal,
      )
      const { code, exit, postgres } = error as Partial<MigratorError>
      ends.push(`${code} ${exit} ${postgres?.sqlstate}`)
    }
  } finally {
    await project.drop()
  }
  const failed = await query<{ attempts: number }>(
    database.url,
    `select attempts from migrator.history where event = 'failed'`,
  )
  return [...ends, ...failed.map(({ attempts }) => `tries: ${attempts}`)]
}

/** One try each: the second run finds nothing open. */
const refusedTwice = (state: string) => [
  `STATEMENT_FAILED 1 ${state}`,
  `STATEMENT_FAILED 1 ${state}`,
  'tries: 1',
  'tries: 1',
]

const raise = (state: string) => `do $$ begin raise 'mine' using errcode = '${state}'; end $$`

const WAYS: Readonly<Record<string, (state: string) => SqlMigration>> = {
  'a statement': (state) => ({ up: raise(state) }),
  'a statement outside of a transaction': (state) => ({ up: raise(state), transactional: false }),
  code: (state) => ({ up: async (session) => void (await session.query(raise(state))) }),
}

const STATES = `08000 08001 08003 08006 08P01
  57P01 57P02 57P03 57P04 57P05 25P03 25P04
  55P03 40P01 40001 57014`.split(/\s+/)

test.each(inTurn(STATES.flatMap((state) => Object.keys(WAYS).map((way) => [state, way] as const))))(
  '%s raised by %s',
  async (state, way) => {
    expect(await goUp(WAYS[way]?.(state) ?? { up: '' })).toEqual(refusedTwice(state))
  },
)

test('a subscription to a server that does not answer', async () => {
  const up = `create subscription s connection 'host=127.0.0.1 port=1' publication p`
  expect(await goUp({ up, transactional: false })).toEqual(refusedTwice('08006'))
})
