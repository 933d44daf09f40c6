import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { serverAccount } from './account.ts'
import { type Server, ServerInUseError, startServer } from './index.ts'
import { commandLine } from './process.ts'
import { removeServers } from './testing/remove-servers.ts'
import { withClient } from './testing/test-database.ts'
import { signalAndWait, spawnProgram } from './tests/spawn-program.ts'

const major = inject('postgresMajor')
let folder: string
const start = () => startServer({ folder, major })
const spawnOwner = async () => {
  const { child, firstLine } = await spawnProgram('own-server.ts', [folder, String(major)])
  const server: Server = JSON.parse(firstLine)
  return { child, server }
}
const postmasterPid = async (server: Server) =>
  Number.parseInt(await readFile(join(server.folder, 'data', 'postmaster.pid'), 'utf8'), 10)
const query = (url: string, sql: string) =>
  withClient(url, async (client) => (await client.query(sql)).rows)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'techfacts server test ')) // with spaces, on purpose
  await chmod(folder, 0o755)
})
afterEach(() => removeServers(folder))

test('a second start finds the rows of the first', async () => {
  const first = await start()
  await query(first.url, 'create table kept as select 42 as answer')
  await first.stop()
  const second = await start()
  expect(await query(second.url, 'table kept')).toEqual([{ answer: 42 }])
  expect(second.adopted).toBe(false)
  await second.stop()
})

test('makes the database that is asked for, once', async () => {
  for (const start of ['first', 'second']) {
    const server = await startServer({ folder, major, database: 'facts' })
    const [row] = await query(server.url, 'select current_database() as name')
    expect(row, `the ${start} start`).toEqual({ name: 'facts' })
    await server.stop()
  }
})

// The oldest and the newest are what the other tests run on.
test.each([16, 17] as const)('runs PostgreSQL %i', async (major) => {
  const server = await startServer({ folder, major })
  const [row] = await query(server.url, 'show server_version_num')
  expect(row.server_version_num).toMatch(new RegExp(`^${major}`))
  await server.stop()
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves no server process', async (signal) => {
  const { child, server } = await spawnOwner()
  const pid = await postmasterPid(server)
  expect(await commandLine(pid)).toContain(folder)
  expect(await signalAndWait(child, signal)).toBe(0)
  await expect.poll(() => commandLine(pid)).toBe('')
  expect(existsSync(join(server.folder, 'data', 'postmaster.pid'))).toBe(false)
})

test('adopts the server that a killed process has left running', async () => {
  const { child, server } = await spawnOwner()
  await query(server.url, 'create table kept as select 42 as answer')
  await signalAndWait(child, 'SIGKILL')
  const adopted = await start()
  expect(adopted).toMatchObject({ adopted: true, url: server.url })
  expect(await query(adopted.url, 'table kept')).toEqual([{ answer: 42 }])
  const pid = await postmasterPid(adopted)
  await adopted.stop()
  await expect.poll(() => commandLine(pid)).toBe('')
})

test('refuses the server of a living process, and names that process', async () => {
  const { child, server } = await spawnOwner()
  const refusal = start()
  await expect(refusal).rejects.toThrow(ServerInUseError)
  await expect(refusal).rejects.toThrow(`process ${child.pid}`)
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await signalAndWait(child, 'SIGTERM')
})

test('a start while the owner is stopping has the server afterwards', async () => {
  const { child } = await spawnOwner()
  const [server] = await Promise.all([start(), sleep(500).then(() => child.kill('SIGTERM'))])
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(server.adopted).toBe(false)
  await server.stop()
})

test(
  'of two starts at once in an empty folder, one gets the server',
  { tags: 'long' },
  async () => {
    const results = await Promise.allSettled([start(), start()])
    const servers = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    const errors = results.flatMap((result) => (result.status === 'rejected' ? result.reason : []))
    expect(errors).toEqual([expect.any(ServerInUseError)])
    expect(servers).toHaveLength(1)
    expect(await readdir(folder)).toEqual([`postgres-${major}`])
    await servers[0]?.stop()
  },
)

test('a start that was killed while it made the cluster does not hinder the next', async () => {
  const dead = spawnSync('true')
  const draft = join(folder, `postgres-${major}.draft-${dead.pid}-x`)
  await mkdir(join(draft, 'data'), { recursive: true })
  await writeFile(join(draft, 'data', 'PG_VERSION'), String(major))
  const server = await start()
  expect(existsSync(draft)).toBe(false)
  await server.stop()
})

test('a postmaster.pid whose process is another program by now is stale', async () => {
  const first = await start()
  await first.stop()
  const other = spawn('sleep', ['60'], { ...(await serverAccount()) })
  await writeFile(join(first.folder, 'data', 'postmaster.pid'), `${other.pid}\n/x\n1\n1\n\n\n\n`)
  const second = await start()
  expect(second.adopted).toBe(false)
  expect(await postmasterPid(second)).not.toBe(other.pid)
  await second.stop()
  await signalAndWait(other, 'SIGKILL')
})

test('tells when the server is lost, and recovers what it had committed', async () => {
  const first = await start()
  await query(first.url, 'create table kept as select 42 as answer')
  process.kill(await postmasterPid(first), 'SIGKILL')
  await first.lost
  const second = await start()
  expect(await query(second.url, 'table kept')).toEqual([{ answer: 42 }])
  await second.stop()
})

test('a server that cannot start is reported with its log', async () => {
  const refusal = startServer({ folder, major, settings: { shared_buffers: 'plenty' } })
  await expect(refusal).rejects.toThrow(/does not start: [^]*shared_buffers[^]*plenty/)
})

test('listens on 127.0.0.1 only, and asks for the password', async () => {
  const server = await start()
  const url = new URL(server.url)
  url.password = 'wrong'
  await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  const outside = Object.values(networkInterfaces()).flat()
  for (const address of outside.filter((address) => address && !address.internal)) {
    url.hostname = address?.family === 'IPv6' ? `[${address.address}]` : (address?.address ?? '')
    const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 1000 })
    await expect(client.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  }
  await server.stop()
})
