import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { startOwnServer } from '../testing/own-server.ts'
import { query } from '../testing/query.ts'
import { openSession, until } from '../testing/sessions.ts'
import { sqlProject } from '../testing/sql-project.ts'

let server: Awaited<ReturnType<typeof startOwnServer>>

beforeAll(async () => {
  server = await startOwnServer({ max_prepared_transactions: '2' })
  await sql(`alter database postgres set migrator.disposable = on`)
})

afterAll(() => server.close())

const sql = (text: string) => query(server.url, text)

test('what a prepared transaction has written in a savepoint is not taken for the migration’s own', async () => {
  await sql(
    `create table t (id int primary key, v text); insert into t values (1, 'a'); create table other (n int)`,
  )
  const project = await sqlProject({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: `insert into t values (101, 's'); select pg_sleep(1); create index concurrently x on other (n)`,
      down: 'delete from t; drop index x',
    },
  })
  const go = (direction: 'up' | 'down', target: string) =>
    run(project, databaseTarget(server.url), { direction, target })
  await go('up', 'head')
  await go('down', 'M1')
  const up = go('up', 'head')
  await until(
    server.url,
    `select from pg_stat_activity where query like '%pg_sleep(1)%' and wait_event = 'PgSleep'`,
  )
  const write = `begin; savepoint s; insert into t values (1, 'USER'), (7, 'USER'); release savepoint s; prepare transaction 'p'`
  const other = await openSession(server.url, 'user', write)
  await other.end()
  await until(
    server.url,
    `select from migrator.history where event = 'done' and segment = 1 and migration = 'M2'
      and id > (select max(id) from migrator.history where direction = 'down')`,
  )
  await sql(`commit prepared 'p'`)
  await up
  const [done] = await query<{ versions: string[]; written: string }>(
    server.url,
    `select facts->'versions' as versions, (select xmin::text from t where v = 'USER' limit 1) as written
      from migrator.history where event = 'done' and facts ? 'versions' and direction = 'up' and segment = 1 order by id desc limit 1`,
  )
  expect(done?.versions).toHaveLength(2)
  expect(done?.versions).not.toContain(done?.written)
  await project.drop()
})
