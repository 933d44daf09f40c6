import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mikroOrmProject } from '../../mikro-orm/project.ts'
import { migrate, migrateProcess } from '../../testing/cli.ts'
import { recordExpectedCatalogs } from '../../testing/expected-catalogs.ts'
import { query } from '../../testing/query.ts'
import { installReport } from '../../testing/report-stand-in.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let project: ScratchProject
let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    Migration1: {
      up: ['create schema queue', 'create table queue.jobs (id int)', 'create table a (id int)'],
      down: ['drop table a', 'drop schema queue cascade'],
    },
    Migration2: { up: ['create table b (id int)'], down: ['drop table b'] },
  })
})

afterEach(() => Promise.all([project.drop(), database.drop()]))

const erd = (...args: string[]) => migrate(['erd', ...args, '--config', project.config])

const record = () => recordExpectedCatalogs(mikroOrmProject(project.config))

test('without a URL it draws the schema after the last migration, and asks no database', async () => {
  await record()
  await installReport(project)
  const { exit, stdout, stderr } = await erd()
  expect([exit, stderr]).toEqual([0, ''])
  expect(stdout).toBe('svg\npublic.a\npublic.b\nqueue.jobs\n')
  expect(JSON.parse((await erd('--format', 'dbml', '--json')).stdout)).toEqual({
    format: 'dbml',
    picture: 'dbml\npublic.a\npublic.b\nqueue.jobs\n',
  })
  expect((await erd('--exclude', 'queue')).stdout).toBe('svg\npublic.a\npublic.b\n')
  expect(await erd('--exclude', 'other, "queue"')).toMatchObject({
    stdout: 'svg\npublic.a\npublic.b\n',
    stderr: '--exclude: there is no schema "other", so it leaves out nothing.\n',
  })
})

test('with a URL it draws what is there, without ledger and journal, and writes nothing', async () => {
  await installReport(project)
  const env = { DATABASE_URL: database.url }
  const { exit } = await migrate(['up', 'Migration1', '--config', project.config], env)
  expect(exit).toBe(0)
  await query(
    database.url,
    `create table by_hand (id int);
     alter database "${new URL(database.url).pathname.slice(1)}" set default_transaction_read_only = on`,
  )
  const drawn = await erd(database.url)
  expect([drawn.exit, drawn.stderr]).toEqual([0, ''])
  expect(drawn.stdout).toBe('svg\npublic.a\npublic.by_hand\nqueue.jobs\n')
  expect(await erd('--exclude', 'queue,Queue', database.url)).toMatchObject({
    stdout: 'svg\npublic.a\npublic.by_hand\n',
    stderr: '--exclude: there is no schema "Queue", so it leaves out nothing.\n',
  })
})

test('where the package is not installed, one line says so', { tags: 'long' }, async () => {
  await record()
  // A process of its own: what starts the tests lets everything of the repository be found.
  const args = ['erd', '--config', project.config]
  const { exit, stdout, stderr } = await migrateProcess(args)
  expect([exit, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^[^\n]*npm install --save-dev @techfacts\/report\.\n$/)
  expect(JSON.parse((await migrateProcess([...args, '--json'])).stdout)).toMatchObject({
    error: { code: 'PROJECT_INVALID', exit: 2 },
  })
})

test('a schema that is not recorded is not drawn, nor is what is no URL', async () => {
  await installReport(project)
  const unrecorded = JSON.parse((await erd('--json')).stdout)
  expect(unrecorded).toMatchObject({ error: { code: 'SCHEMA_UNRECORDED' } })
  const noUrl = JSON.parse((await erd('Migration1', '--json')).stdout)
  expect(noUrl).toMatchObject({ error: { code: 'URL_MALFORMED', exit: 2 } })
})
