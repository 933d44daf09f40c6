import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import type { CodeSession } from '../migration.ts'
import type { LoadedProject, RunnableProject } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { toWriter } from '../journal/journal.ts'
import { seedSession } from './seed.ts'
import { withSession } from '../session/session.ts'
import { readState } from '../journal/state.ts'
import { openSession } from '../testing/sessions.ts'
import { query } from '../testing/query.ts'

let database: TestDatabase
let url: string

beforeEach(async () => {
  database = await createTestDatabase()
  ;({ url } = database)
  await query(url, 'create table t (id int primary key)')
})

afterEach(() => database.drop())

/** A seeder that takes a strong lock, and an ORM that has errors of its own. */
async function seedStrongly(session: CodeSession): Promise<string[]> {
  try {
    await session.query('truncate t')
    await session.query('insert into t values (1)')
  } catch (error) {
    throw new Error('wrapped by the ORM', { cause: error })
  }
  return ['1 row']
}

async function seed(work: LoadedProject['seed'], lockBudget: number) {
  const database = databaseTarget(url, { limits: { lockBudget } })
  return withSession(database, async (session) => {
    const ledger = { table: 'mikro_orm_migrations' }
    const before = await readState(session.client, ledger)
    const { state } = await ensureBookkeeping(session.client, database.actor, ledger, before)
    const actor = toWriter(database.actor, state)
    const loaded = { seed: work, readReferenceData: async () => [] } as unknown as RunnableProject
    const request = { seedersChecksum: undefined, isWhole: true, restoresDeleted: false }
    const { seeded } = await seedSession({ session, actor, onEvent: () => {} }, loaded, request)
    return seeded
  })
}

test('a seeder does not queue: it tries again until it gets its locks', async () => {
  const blocker = await openSession(url, 'busy', 'begin; select from t')
  const running = seed(seedStrongly, 10_000)
  await sleep(400)
  const started = performance.now()
  await query(url, 'select from t')
  const stalled = performance.now() - started
  await blocker.end()
  expect(await running).toEqual(['1 row'])
  // Behind a TRUNCATE that waits it would have been stuck until the blocker's end, which came after it.
  expect(stalled).toBeLessThan(2000)
  expect(await query(url, 'select id from t')).toEqual([{ id: 1 }])
})

test('and gives up with exit 7, naming who holds them', async () => {
  const blocker = await openSession(url, 'busy', 'begin; select from t')
  const error = await seed(seedStrongly, 1500).catch((caught: unknown) => caught)
  await blocker.end()
  expect(error).toBeInstanceOf(MigratorError)
  expect(error).toMatchObject({
    exit: 7,
    message: expect.stringMatching(/^Seeding got no lock in \d+ tries[\s\S]*pid \d+, busy/),
  })
})

test('what fails for another reason fails at once', async () => {
  const failing = seed(async (session) => {
    await session.query('select 1 / 0')
    return []
  }, 10_000)
  await expect(failing).rejects.toMatchObject({ code: 'SEED_FAILED' })
})
