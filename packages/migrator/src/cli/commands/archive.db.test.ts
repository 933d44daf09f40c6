import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { query } from '../../testing/query.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let database: TestDatabase
let project: ScratchProject

beforeEach(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    Migration1_a: { up: ['create table a (id int primary key)'], down: ['drop table a'] },
    Migration2_note: { up: ['alter table a add note text'], down: ['alter table a drop note'] },
  })
  await run('up')
  await query(database.url, `insert into a values (1, 'kept')`)
  await run('down', '-1', '--yes')
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

const count = async () => JSON.parse((await run('archive', 'list', '--json')).stdout).length

test('purge wants to be told what: nothing named is not everything', async () => {
  for (const args of [[], ['--yes'], ['1', '--all'], ['--all', '--older-than', '1d']]) {
    const { exit, stdout, stderr } = await run('archive', 'purge', ...args)
    expect([args, exit, stdout]).toEqual([args, 2, ''])
    if (args.length > 1) continue
    for (const choice of ['purge ID', '--older-than 30d', '--rows', '--all']) {
      expect(stderr).toContain(`migrate archive purge ${choice.replace('purge ', '')}`)
    }
  }
  expect(await count()).toBe(1)
  expect((await run('archive', 'purge', '--all')).exit).toBe(3)
  expect(await count()).toBe(1)
  expect((await run('archive', 'purge', '--all', '--yes')).exit).toBe(0)
  expect(await count()).toBe(0)
})

test(
  'what is not restored is said to be in the archive, with the statement that shows it',
  { tags: 'long' },
  async () => {
    await query(database.url, 'update a set id = 2')
    await run('up')
    for (const args of [['list'], ['restore', '1']]) {
      const { exit, stdout } = await run('archive', ...args)
      const [, sql = ''] = /To see what it holds, run: (.*)\n$/.exec(stdout) ?? []
      expect([exit, stdout]).toEqual([0, expect.stringMatching(/1 rows were changed/)])
      expect(await query(database.url, sql)).toEqual([{ id: '1', note: 'kept' }])
    }
    const { stdout } = await run('archive', 'purge', '1', '--yes')
    expect(stdout).toMatch(/^Purged for good:\n1 [^\n]*\n$/)
  },
)
