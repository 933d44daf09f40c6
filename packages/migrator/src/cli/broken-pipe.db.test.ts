import { createTestDatabase } from '@techfacts/postgres/testing'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

type Output = 'pipe' | 'ignore' | number

function start(args: readonly string[], env: Record<string, string>, outputs: [Output, Output]) {
  const options = { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', ...outputs] }
  return spawn(process.execPath, [MAIN, ...args], options as never)
}

test('where nobody reads what is printed any more, as after head, it ends with its own exit code', async () => {
  const child = start(['--help'], {}, ['pipe', 'pipe'])
  child.stdout?.destroy()
  const [said, [exit]] = await Promise.all([text(child.stderr ?? []), once(child, 'exit')])
  expect([exit, said]).toEqual([0, ''])
})

test('a run goes on where nobody reads what it reports', async () => {
  await using database = await createTestDatabase()
  const project = await scratchProject({
    Migration1: { up: ['create table a (n int)', 'select pg_sleep(1)'], down: ['drop table a'] },
    Migration2: { up: ['create table b (n int)'], down: ['drop table b'] },
  })
  const args = ['up', '--config', project.config]
  const child = start(args, { DATABASE_URL: database.url }, ['pipe', 'pipe'])
  child.stdout?.destroy()
  child.stderr?.destroy()
  const [exit] = await once(child, 'exit')
  await project.drop()
  expect(exit).toBe(0)
  expect(await query(database.url, 'select count(*)::int from mikro_orm_migrations')).toEqual([
    { count: 2 },
  ])
})

test('a result that cannot be written is one line, and no success', async () => {
  const full = openSync('/dev/full', 'w')
  const child = start(['--help'], {}, [full, 'pipe'])
  closeSync(full)
  const [said, [exit]] = await Promise.all([text(child.stderr ?? []), once(child, 'exit')])
  expect([exit, said]).toEqual([1, expect.stringMatching(/^[^\n]*ENOSPC[^\n]*\n$/)])
})
