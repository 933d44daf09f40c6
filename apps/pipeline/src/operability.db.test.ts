import { once } from 'node:events'
import { connect } from 'node:net'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { inTransaction, isDatabaseOutage, openDatabase } from './database.ts'
import { asApplication, head, query } from './testing/database.ts'
import { openRelay } from './testing/relay.ts'
import { createProject, finished, startProgram, until, untilReady } from './testing/service.ts'

const database = await createTestDatabase({ prepare: head })
afterAll(() => database.drop())

/** Some thousand chunks: work that is under way for as long as a test needs it. */
const LONG = Array.from(
  { length: 4000 },
  (_, n) => `Plan ${n} costs $${n} and keeps ${n} GB.`,
).join('\n\n')
const SMALL_CHUNKS = { EXTRACTION_CHUNK_MAX_TOKENS: '100', EXTRACTION_CHUNK_OVERLAP_TOKENS: '10' }

test('a stop waits for no slow upload, and its job is shown as queued at once', async () => {
  const program = await startProgram(asApplication(database.url), SMALL_CHUNKS)
  await untilReady(program)
  const project = await createProject(
    program.call,
    'stopped',
    Array.from({ length: 30 }, () => LONG),
  )
  const { body } = await program.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await until(async () => (await program.call(`/jobs/${body.job_id}`)).body.status === 'running')

  const upload = connect(Number(new URL(program.base).port), '127.0.0.1')
  await once(upload, 'connect')
  upload.on('error', () => {})
  upload.write(
    `POST /api/v1/projects HTTP/1.1\r\nhost: x\r\nx-api-key: a-key-that-only-tests-use\r\n` +
      `content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{"name": "`,
  )
  const drip = setInterval(() => upload.write('x'), 100)
  try {
    expect(await program.stop()).toBe(0)
  } finally {
    clearInterval(drip)
    upload.destroy()
  }
  const jobs = await query(database.url, 'select status, attempt_count from jobs where id = $1', [
    body.job_id,
  ])
  expect(jobs).toEqual([{ status: 'queued', attempt_count: 0 }])
  await query(database.url, `update jobs set status = 'cancelled' where id = $1`, [body.job_id])
})

test('a database that is frozen is noticed, and everything goes on when it answers again', async () => {
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
})

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
