import { startServer, type Server } from '@techfacts/postgres'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { databaseTarget, history, preview, run, status } from '../index.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'

/** What a whole server is, as opposed to a database of it. */

let folder: string
let server: Server
let project: Awaited<ReturnType<typeof sqlProject>>

const start = (settings: Readonly<Record<string, string>> = {}) =>
  startServer({ folder, major: inject('postgresMajor'), settings: { fsync: 'off', ...settings } })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrator-servers-'))
  server = await start()
  project = await sqlProject({
    Migration1: { up: 'create table a (n int)', down: 'drop table a' },
    Migration2: { up: 'create table b (n int)', down: 'drop table b' },
  })
})

afterEach(async () => {
  await server.stop()
  await rm(server.folder, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
  await project.drop()
})

const up = (url: string, target = 'head') =>
  run(project, databaseTarget(url), { direction: 'up', target })

test('a standby may be looked at, and is not changed: the primary is to be named', async () => {
  await up(server.url, 'Migration1')
  await query(
    server.url,
    `do $$ begin execute format('copy (select) to %L', current_setting('data_directory') || '/standby.signal'); end $$`,
  )
  await server.stop()
  server = await start()
  const to = databaseTarget(server.url)
  expect(await status(project, to)).toMatchObject({ pending: 1 })
  expect((await history(project, to)).length).toBeGreaterThan(0)
  expect(
    (await preview(project, to, { direction: 'up', target: 'head' })).plan.migrations,
  ).toHaveLength(1)
  const refused = {
    code: 'READ_ONLY',
    exit: 2,
    message: expect.stringMatching(/it is a standby.*the primary/),
  }
  await expect(up(server.url)).rejects.toMatchObject(refused)
  const back = run(project, to, { direction: 'down', target: 'base', yes: true })
  await expect(back).rejects.toMatchObject(refused)
  for (const wanted of ['read-write', 'primary']) {
    const asked = databaseTarget(`${server.url}?target_session_attrs=${wanted}`)
    await expect(status(project, asked)).rejects.toMatchObject(refused)
  }
  // Nothing is pending, and nothing is written.
  expect(await up(server.url, 'Migration1')).toMatchObject({ migrations: [] })
})

test('a server that does not let this user in from here', async () => {
  await query(
    server.url,
    `do $$ begin execute format('copy (select %L) to %L', 'hostssl all all all scram-sha-256', current_setting('hba_file')); end $$;
     select pg_reload_conf()`,
  )
  const ended = await expect
    .poll(() => up(server.url).catch((error: unknown) => error))
    .toMatchObject({ code: 'LOGIN_REFUSED', exit: 2 })
    .then(() => up(server.url).catch((error: Error) => error.message))
  expect(ended).toMatch(
    /no pg_hba\.conf entry for host .*no encryption.*have an entry added.*sslmode/,
  )
})

test('a server that is older than 15', async () => {
  const { url, close } = await withVersion(server.url, '13.4')
  await expect(up(url)).rejects.toMatchObject({
    code: 'SERVER_TOO_OLD',
    exit: 2,
    message: expect.stringMatching(/is PostgreSQL 13\.4.*PostgreSQL 15 and newer are supported/),
  })
  await close()
})

test('too few locks: PostgreSQL’s own hint, and what to raise', { tags: 'long' }, async () => {
  const many = await sqlProject({
    Migration1: {
      up: `do $$ begin for i in 1..30000 loop execute format('create table t%s (n int primary key)', i); end loop; end $$`,
    },
  })
  await server.stop()
  server = await start({ max_locks_per_transaction: '10', max_connections: '10' })
  const ended = run(many, databaseTarget(server.url), { direction: 'up', target: 'head' })
  await expect(ended).rejects.toMatchObject({
    code: 'STATEMENT_FAILED',
    postgres: { sqlstate: '53200', hint: expect.stringContaining('max_locks_per_transaction') },
    message: expect.stringMatching(/rolled back.*raise max_locks_per_transaction/),
  })
  await many.drop()
})

/** The same server, but for what it says of its version at login. */
async function withVersion(
  url: string,
  version: string,
): Promise<{ url: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const relay = createServer((client) => {
    const upstream = connect(Number(new URL(url).port), '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}))
    client.pipe(upstream)
    upstream.on('data', (chunk) => client.write(saying(chunk, version)))
    client.once('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.port = String((relay.address() as AddressInfo).port)
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => relay.close(resolve))
  }
  return { url: through.href, close }
}

/** Of the same length, so that the message stays whole. */
function saying(chunk: Buffer, version: string): Buffer {
  const text = chunk.toString('latin1')
  const changed = text.replace(/(server_version\0)([^\0]*)/, (_, name: string, found: string) => {
    return name + version.padEnd(found.length).slice(0, Math.max(found.length, 1))
  })
  return Buffer.from(changed, 'latin1')
}
