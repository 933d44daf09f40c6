import { createTestDatabase } from '@techfacts/postgres/testing'
import { startPooler } from '@techfacts/trials'
import { migrate, printDatabase, query, scratchProject } from '@techfacts/migrator/testing'
import { expect, test } from 'vitest'

const PROJECT = {
  Migration1: {
    up: ['create table jobs (n int primary key)', 'create sequence tickets'],
    down: ['drop sequence tickets', 'drop table jobs'],
  },
  Migration2: {
    up: ['create index jobs_n on jobs (n)'],
    down: ['drop index jobs_n'],
    // What this does no rollback undoes: it works on the throw-away database, where fewer rows are.
    members: `requires() { return [{
      query: "select case when count(*) < 100 then true else nextval('tickets') > 0 end as ok from jobs",
      says: 'There are tickets.' }] }`,
  },
}

test('verify --against writes nothing through a pooler that gives each transaction another session', async () => {
  await using database = await createTestDatabase()
  await using scratch = await createTestDatabase()
  const project = await scratchProject(PROJECT)
  const common = ['--config', project.config, '--scratch-url', scratch.url]
  await migrate(['hash', ...common])
  const url = { DATABASE_URL: database.url }
  await migrate(['up', 'Migration1', '--yes', '--config', project.config], url)
  await query(database.url, `insert into jobs select generate_series(1, 200)`)
  const before = [await printDatabase(database.url), await query(database.url, TICKETS)]

  const pool = { mode: 'transaction', size: 3, lends: 'in-turn' } as const
  await using pooler = await startPooler(database.url, pool)
  const line = ['verify', 'Migration2', '--against', pooler.url].concat(common)
  const { exit, stdout } = await migrate(line)
  await project.drop()
  // What a requirement writes cannot be read there, and what is not read is not proved.
  expect([exit, stdout]).toEqual([
    3,
    expect.stringMatching(/Against 127\.0\.0\.1.* \(PostgreSQL \d+\)/),
  ])
  expect(stdout).toMatch(/required, not read and so not proved \(.*read-only transaction/)
  expect([await printDatabase(database.url), await query(database.url, TICKETS)]).toEqual(before)
  for (let session = 0; session < pool.size; session += 1)
    expect(await query(pooler.url, SETTINGS)).toEqual([{ readOnly: 'off', limit: '0' }])
})

const TICKETS = 'select last_value, is_called from tickets'

const SETTINGS = `select current_setting('default_transaction_read_only') as "readOnly", current_setting('statement_timeout') as limit`
