import { briefly } from '@techfacts/postgres/testing'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startOwnServer } from '../testing/own-server.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

const SLOW = {
  Migration1_a: { up: ['create table a (n int)', 'select pg_sleep(30)'], down: ['drop table a'] },
}

const LEFT = `select datname from pg_database where datname like 'migrator_scratch_%'`
const AT_WORK = `select from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid() and datname ~ '^migrator_scratch_'`

test('a signal leaves no database and no session on the server that was named', async () => {
  const server = await startOwnServer({})
  const project = await scratchProject(SLOW)
  try {
    for (const [signal, flag] of briefly([
      ['SIGTERM', ['--json']],
      ['SIGINT', []],
      ['SIGHUP', []],
    ] as const)) {
      const flags = ['--config', project.config, '--scratch-url', server.url, ...flag]
      const run = start(['verify', 'Migration1_a', ...flags])
      await expect
        .poll(() => query(server.url, AT_WORK), { timeout: 60_000, interval: 100 })
        .toHaveLength(1)
      run.kill(signal)
      expect(await run.ended).toEqual([null, signal])
      expect(run.said()).toMatch(new RegExp(`^Stopped by ${signal}`, 'm'))
      expect(await query(server.url, LEFT)).toEqual([])
      expect(await query(server.url, AT_WORK)).toEqual([])
    }
  } finally {
    await project.drop()
    await server.close()
  }
})

test(
  'a signal leaves no server and no folder where one was started for it',
  { tags: 'long' },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'verify-stopped-'))
    // PostgreSQL has a user of its own where this one is root.
    await chmod(folder, 0o755)
    const project = await scratchProject(SLOW)
    try {
      const run = start(['verify', 'Migration1_a', '--config', project.config], { TMPDIR: folder })
      const servers = async () =>
        (await readdir(folder)).filter((one) => one.startsWith('migrator'))
      const files = async () =>
        (
          await Promise.all((await servers()).map((one) => readdir(join(folder, one, 'data'))))
        ).flat()
      await expect
        .poll(files, { timeout: 60_000, interval: 100 })
        .toEqual(expect.arrayContaining(['postmaster.pid']))
      run.kill('SIGINT')
      expect(await run.ended).toEqual([null, 'SIGINT'])
      expect(await servers()).toEqual([])
    } finally {
      await project.drop()
      await rm(folder, { recursive: true, force: true })
    }
  },
)

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const run = spawn(process.execPath, [MAIN, ...argv], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  run.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  return {
    kill: (signal: NodeJS.Signals) => run.kill(signal),
    said: () => said,
    ended: once(run, 'exit'),
  }
}
