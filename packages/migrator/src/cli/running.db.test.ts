import { createTestDatabase } from '@techfacts/postgres/testing'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

test('while a run is at work status and check say who; Ctrl-C says a word', async () => {
  await using database = await createTestDatabase()
  const project = await scratchProject({
    Migration1_a: { up: ['create table a (n int)'] },
    Migration2_b: {
      up: [
        'create table b (n int)',
        'create index concurrently i on a (n)',
        'alter table a add m int',
      ],
    },
  })
  const config = ['--config', project.config]
  const env = { DATABASE_URL: database.url, MIGRATE_BUILD: 'abc123' }
  const holder = new Client({ connectionString: database.url })
  try {
    expect((await migrate(['up', 'Migration1_a', ...config], env)).exit).toBe(0)
    await holder.connect()
    await holder.query('begin; lock table a in access share mode')
    const run = spawn(process.execPath, [MAIN, 'up', ...config], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    run.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const ended = once(run, 'exit')
    await expect
      .poll(
        () =>
          query(
            database.url,
            `select from migrator.history where migration = 'Migration2_b' and segment = 3 and event = 'started'`,
          ),
        { timeout: 60_000 },
      )
      .toHaveLength(1)

    const status = await migrate(['status', ...config], env)
    expect(status.exit).toBe(0)
    expect(status.stdout).toMatch(/running +Migration2_b/)
    expect(status.stdout).toMatch(
      /A run is at work by \S+.* since .*pid \d+, migrate, build abc123/,
    )
    expect(status.stdout).not.toMatch(/half|migrate up/)
    const check = await migrate(['check', ...config], env)
    expect([check.exit, check.stdout]).toEqual([5, expect.stringMatching(/A run is at work/)])
    expect(check.stdout).not.toMatch(/interrupted|half|migrate up/)

    run.kill('SIGINT')
    expect(await ended).toEqual([null, 'SIGINT'])
    expect(said.trimEnd().split('\n').at(-1)).toMatch(/^Stopped by SIGINT\..*run it again/)
    await holder.query('rollback')
    await expect
      .poll(async () => (await migrate(['status', ...config], env)).stdout, { timeout: 60_000 })
      .toMatch(/half +Migration2_b[\s\S]*migrate up/)
  } finally {
    await holder.end()
    await project.drop()
  }
})
