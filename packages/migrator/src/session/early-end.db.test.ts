import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { check } from '../inspect/check.ts'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import { run } from '../run/index.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { databaseTarget } from './database-target.ts'

/** What a database does to every session before the migrator's first statement has an effect. */

let database: TestDatabase
let project: Awaited<ReturnType<typeof sqlProject>>

const here = () => databaseTarget(database.url)
const up = () => run(project, here(), { direction: 'up', target: 'head' })
const onDatabase = (statement: string) =>
  query(
    database.url,
    `do $$ begin execute format('alter database %I ${statement}', current_database()); end $$`,
  )

beforeEach(async () => {
  database = await createTestDatabase()
  project = await sqlProject({
    Migration1: {
      up: 'create table a (n int); insert into a select generate_series(1, 1000)',
      down: 'truncate a; drop table a',
    },
  })
})

afterEach(() => Promise.all([database.drop(), project.drop()]))

const LIMITS = [
  'statement_timeout',
  'idle_session_timeout',
  ...(inject('postgresMajor') >= 17 ? ['transaction_timeout'] : []),
]

test.each(LIMITS)('a %s that ends every statement at once stops no command', async (limit) => {
  await onDatabase(`set ${limit} = ''1ms''`)
  expect(await status(project, here())).toMatchObject({ pending: 1 })
  expect(await up()).toMatchObject({ migrations: [{ name: 'Migration1' }] })
  expect(await status(project, here())).toMatchObject({ pending: 0 })
  await run(project, here(), { direction: 'down', target: 'base', yes: true })
})

test('a limit of the database is not there again after RESET ALL', async () => {
  await onDatabase(`set statement_timeout = ''300ms''`)
  await project.drop()
  project = await sqlProject({ Migration1: { up: 'reset all; select pg_sleep(0.5)', down: '' } })
  expect(await up()).toMatchObject({ migrations: [{ name: 'Migration1' }] })
})

test.runIf(inject('postgresMajor') >= 17)(
  'a limit that a login trigger sets is named as what may have ended the look',
  async () => {
    await query(
      database.url,
      `create function hurry() returns event_trigger language plpgsql as $$ begin
         perform set_config('statement_timeout', '1ms', false); end $$;
       create event trigger hurry on login execute function hurry()`,
    )
    await expect(status(project, here())).rejects.toThrow(/event trigger ON login.*run again/)
  },
)

test('a lock that an event trigger releases is not taken for a pooler', async () => {
  await query(
    database.url,
    `create function release() returns event_trigger language plpgsql as $$ begin
       perform pg_advisory_unlock_all(); end $$;
     create event trigger releases on ddl_command_end execute function release()`,
  )
  await expect(up()).rejects.toMatchObject({
    code: 'LOCK_LOST',
    message: expect.stringMatching(/event trigger.*released the migration lock/),
  })
  await query(database.url, 'drop event trigger releases')
})

test('what is truncated and then dropped is counted once', async () => {
  await up()
  const { facts } = await preview(project, here(), { direction: 'down', target: 'base' })
  expect(JSON.stringify(facts).match(/"count":1000/g)).toHaveLength(1)
})

test('differences of one weight are one finding', async () => {
  await up()
  await query(database.url, 'alter table a add x int, add y int')
  const findings = await check(project, here())
  const differing = findings.filter(({ about, says }) => about === 'schema' && /\bx\b/.test(says))
  expect(differing).toEqual([expect.objectContaining({ says: expect.stringMatching(/\by\b/) })])
})
