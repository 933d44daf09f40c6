import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { inTransaction, isDatabaseOutage, openDatabase } from './database.ts'
import { asApplication, head, query } from './testing/database.ts'
import { openRelay } from './testing/relay.ts'
import {
  API_KEY,
  createProject,
  finished,
  startProgram,
  until,
  untilReady,
  type Program,
} from './testing/service.ts'

const database = await createTestDatabase({ prepare: head })
afterAll(() => database.drop())

/** Some thousand chunks: work that is under way for as long as a test needs it. */
const LONG = Array.from(
  { length: 4000 },
  (_, n) => `Plan ${n} costs $${n} and keeps ${n} GB.`,
).join('\n\n')
const SMALL_CHUNKS = { EXTRACTION_CHUNK_MAX_TOKENS: '100', EXTRACTION_CHUNK_OVERLAP_TOKENS: '10' }

test('a stop waits for no slow client, and its job is shown as queued at once', async () => {
  const program = await startProgram(asApplication(database.url), SMALL_CHUNKS)
  await untilReady(program)
  const project = await createProject(
    program.call,
    'stopped',
    Array.from({ length: 30 }, () => LONG),
  )
  const { body } = await program.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await until(async () => (await program.call(`/jobs/${body.job_id}`)).body.status === 'running')

  const upload = await openUpload(program)
  const reader = await openReader(program, project.id)
  const stopped = Date.now()
  try {
    expect(await program.stop()).toBe(0)
    console.log(`Stopped ${Date.now() - stopped} ms after SIGTERM, beside two slow clients.`)
  } finally {
    upload.destroy()
    reader.destroy()
  }
  const jobs = await query(database.url, 'select status, attempt_count from jobs where id = $1', [
    body.job_id,
  ])
  expect(jobs).toEqual([{ status: 'queued', attempt_count: 0 }])
  await query(database.url, `update jobs set status = 'cancelled' where id = $1`, [body.job_id])
})

test(
  'a database that is frozen is noticed, and everything goes on when it answers again',
  { tags: 'long' },
  async () => {
    const relay = await openRelay(asApplication(database.url))
    const program = await startProgram(relay.url)
    try {
      await untilReady(program)
      const project = await createProject(program.call, 'frozen', ['Costs $5.'])
      relay.freeze()
      await until(async () => (await fetch(`${program.base}/readyz`)).status === 503)
      expect(await (await fetch(`${program.base}/readyz`)).text()).toContain('said nothing')
      expect(await program.call('/projects')).toMatchObject({
        status: 503,
        body: { code: 'database_not_ready' },
      })
      expect((await fetch(`${program.base}/healthz`)).status).toBe(200)
      relay.thaw()
      await untilReady(program)
      const { body } = await program.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
      expect(await finished(program.call, body.job_id)).toMatchObject({ status: 'completed' })
      relay.freeze()
      // Within its time, also where nothing can be given back.
      expect([0, 1]).toContain(await program.stop())
    } finally {
      relay.close()
      await program.stop('SIGKILL')
    }
  },
)

test('a connection that is lost in a transaction gives back its place in the pool', async () => {
  const own = openDatabase(asApplication(database.url))
  const lost = inTransaction(own, async (session) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session)
    await query(database.url, 'select pg_terminate_backend($1)', [rows[0]?.pid])
    await sql`select 1`.execute(session)
  })
  expect(isDatabaseOutage(await lost.catch((error: unknown) => error))).toBe(true)
  const pool = await own.em.getConnection().getNativeClient()
  await until(async () => pool.totalCount === 0, 10_000)
  await own.close()
})

/**
 * As long as the service waits, and looks: five seconds more, and those of a busy machine. Of an answer Node sees only the second time
 * that nothing of it was read.
 */
const SLOWEST = { headers: 15_000, body: 60_000, answer: 240_000, more: 15_000 }

test.runIf(isSoak)('a client that is slow is ended in its time, and nobody else is', async () => {
  const program = await startProgram(asApplication(database.url))
  try {
    await untilReady(program)
    const { id } = await createProject(program.call, 'slow', [])
    const began = Date.now()
    const clients = {
      headers: await openSocket(program, 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: '),
      body: await openUpload(program),
      answer: await openReader(program, id),
    }
    drip(clients.headers)
    for (const what of ['headers', 'body'] as const) {
      const milliseconds = await untilClosed(clients[what], began)
      console.log(`A client with slow ${what} was ended after ${milliseconds} ms.`)
      expect(milliseconds).toBeGreaterThan(SLOWEST[what] - 1000)
      expect(milliseconds).toBeLessThan(SLOWEST[what] + SLOWEST.more)
    }
    // Who reads nothing does not see the end of it either: it is there when the rest does not come.
    await sleep(began + SLOWEST.answer + SLOWEST.more - Date.now())
    let read = 0
    clients.answer.on('data', (chunk) => (read += chunk.length)).resume()
    await untilClosed(clients.answer, began)
    console.log(`A client that reads nothing was ended: ${read} bytes of its answers were sent.`)
    expect(read).toBeLessThan((Buffer.byteLength(LARGE) * ANSWERS) / 2)
    expect((await program.call('/projects')).status).toBe(200)
  } finally {
    expect(await program.stop()).toBe(0)
  }
})

async function openSocket({ base }: Program, text: string): Promise<Socket> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(text)
  return socket
}

/** How long after `began` a connection was closed, in milliseconds. */
async function untilClosed(socket: Socket, began: number): Promise<number> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return Date.now() - began
}

/** Sends a byte ten times a second. */
function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('x'), 100)
  socket.once('close', () => clearInterval(timer))
}

/** A client that takes a day to send its body. */
async function openUpload(program: Program): Promise<Socket> {
  const socket = await openSocket(
    program,
    `POST /api/v1/projects HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n` +
      `content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{"name": "`,
  )
  drip(socket)
  socket.resume()
  return socket
}

/** Two megabytes in UTF-8, and how often they are asked for at once. */
const LARGE = '😀'.repeat(500_000)
const ANSWERS = 20

/** A client that asks for more than fits between it and the service, and reads nothing. */
async function openReader(program: Program, project: string): Promise<Socket> {
  const path = `/projects/${project}/sources`
  const document = { uri: 'large', source_group: 'docs', content: LARGE }
  const { body } = await program.call(path, document)
  const request = `GET /api/v1${path}/${body.id} HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n\r\n`
  const socket = await openSocket(program, request.repeat(ANSWERS))
  socket.pause()
  return socket
}
