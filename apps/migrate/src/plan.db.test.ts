import { databaseTarget, preview, run } from '@techfacts/migrator'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'
import { printDatabase, query } from '@techfacts/migrator/testing'
import { chain, CHAIN_CONFIG, CHAIN_NAMES, prepareBase } from './trials/chain.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase({ prepare: prepareBase })
})

afterEach(() => database.drop())

const up = { direction: 'up', target: 'head' } as const

const hashNow = async (request: Parameters<typeof preview>[2] = up) =>
  (await preview(chain, databaseTarget(database.url), request)).hash

/** Runs in this process, and proves that a refusal has changed nothing. */
async function refused(request: Parameters<typeof run>[2]) {
  const before = await printDatabase(database.url)
  const error: unknown = await run(chain, databaseTarget(database.url), request).catch((e) => e)
  expect(await printDatabase(database.url)).toBe(before)
  return error
}

describe('a plan that was reviewed', () => {
  test('is applied by the beginning of its hash, and again without complaint', async () => {
    const request = { ...up, planHash: (await hashNow()).slice(0, 12) }
    const { migrations } = await run(chain, databaseTarget(database.url), request)
    expect(migrations.map(({ name }) => name)).toEqual(CHAIN_NAMES)
    expect((await run(chain, databaseTarget(database.url), request)).migrations).toEqual([])
  })

  test('is refused where the target or the database is another by now', async () => {
    const whole = await hashNow()
    expect(await refused({ ...up, target: '+1', planHash: whole })).toMatchObject({
      code: 'PLAN_DIFFERS',
      exit: 3,
      message: expect.stringContaining(`that one ended with ${CHAIN_NAMES.at(-1)}`),
    })
    await run(chain, databaseTarget(database.url), { ...up, target: '+1' })
    expect(await refused({ ...up, planHash: whole })).toMatchObject({
      code: 'PLAN_DIFFERS',
      message: expect.stringContaining(`that one began with ${CHAIN_NAMES[0]}`),
    })
  })

  test('is carried through a lost connection', async () => {
    let isEnded = false
    const lost: string[] = []
    const end = `select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and application_name = 'migrate'`
    const connection = databaseTarget(database.url, {
      applicationName: 'migrate',
      onEvent: (event) => {
        if (event.type === 'connection-lost') lost.push(event.reason)
        if (isEnded || event.type !== 'segment-done') return
        isEnded = true
        void query(database.url, end)
      },
    })
    await run(chain, connection, { ...up, planHash: await hashNow() })
    expect(lost).toHaveLength(1)
    expect(await query(database.url, 'select name from mikro_orm_migrations')).toHaveLength(
      CHAIN_NAMES.length,
    )
  })
})

test('the program prints the hash, takes it, and refuses another with what to run', async () => {
  const env = { DATABASE_URL: database.url, MIGRATE_CONFIG: CHAIN_CONFIG }
  const planned = await migrate(['plan', '+1'], env)
  const [, command = ''] =
    /To run this and nothing else: pnpm migrate (.*)\n$/.exec(planned.stdout) ?? []
  expect(command).toMatch(/^up \+1 --plan-hash [0-9a-f]{64}$/)
  const other = await migrate(['up', '+2', ...command.split(' ').slice(2)], env)
  expect([other.exit, other.stderr]).toEqual([
    3,
    expect.stringMatching(
      /not the one that was reviewed[\s\S]*To review it, run: pnpm migrate plan/,
    ),
  ])
  const same = await migrate(command.split(' '), env)
  expect([same.exit, same.stdout]).toEqual([0, expect.stringContaining('1 migration applied')])
  expect((await migrate(['up', '--plan-hash', 'abc'], env)).exit).toBe(2)
})
