import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { signalAndWait, spawnProgram } from '../tests/spawn-program.ts'
import { withClient } from './test-database.ts'
import { startThrowAwayServer } from './throw-away-server.ts'

const major = inject('postgresMajor')

async function dataFolder(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory')
    return rows[0]?.data_directory ?? ''
  })
}

test('close removes the server and its folder', async () => {
  const { server, close } = await startThrowAwayServer(major)
  const folder = dirname(dirname(await dataFolder(server.url)))
  expect(existsSync(folder)).toBe(true)
  await close()
  expect(existsSync(folder)).toBe(false)
  await expect(dataFolder(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test.each(['SIGKILL', 'SIGTERM'] as const)('goes when its run dies by %s', async (signal) => {
  const { child, firstLine: url } = await spawnProgram('throw-away.ts', [String(major)])
  const folder = dirname(dirname(await dataFolder(url)))
  expect(existsSync(folder)).toBe(true)
  await signalAndWait(child, signal)
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
  await expect(dataFolder(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('after a crash the same URL has what was committed, and nothing else', async () => {
  const { server, close, crash, restart } = await startThrowAwayServer(major, {
    synchronous_commit: 'on',
  })
  const open = new Client({ connectionString: server.url })
  try {
    await withClient(server.url, (client) => client.query('create table kept as select 1 as n'))
    await open.connect()
    const lost = new Promise<void>((resolve) => open.on('error', () => {}).once('end', resolve))
    await open.query('begin; insert into kept values (2)')
    await crash()
    await lost
    await expect(dataFolder(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await restart()
    const { rows } = await withClient(server.url, (client) => client.query('table kept'))
    expect(rows).toEqual([{ n: 1 }])
  } finally {
    await close()
  }
})
