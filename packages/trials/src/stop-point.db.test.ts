import { createTestDatabase } from '@techfacts/postgres/testing'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { listMoments } from './moments.ts'
import { startProgram } from './process.ts'
import { recordMessages, stopAt, type Work } from './stop-point.ts'

async function prepare(url: string): Promise<void> {
  await query(url, 'create table done (n int)')
}

async function query(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const sql of statements) ({ rows } = await client.query(sql))
    return rows
  } finally {
    await client.end()
  }
}

const STATEMENTS = ['begin', 'insert into done values (1)', 'insert into done values (2)', 'commit']

/** A process of Node, with what its `pg` is found by. */
const program = `
import { createRequire } from 'node:module'
const { Client } = createRequire(${JSON.stringify(import.meta.url)})('pg')
const client = new Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
for (const sql of ${JSON.stringify(STATEMENTS)}) await client.query(sql)
await client.end()
`

const work: Work = {
  inProcess: (url) => query(url, ...STATEMENTS),
  start: (url) => startProgram(['--input-type=module', '-e', program], { DATABASE_URL: url }),
  givesUpWith: () => true,
}

const rowsOf = async (url: string) => (await query(url, 'select from done')).length

test.each(['sever', 'kill'] as const)(
  '%s at each moment: all was done from the moment on at which the server had the COMMIT',
  async (how) => {
    await using whole = await createTestDatabase({ prepare })
    const messages = await recordMessages(whole.url, work)
    const moments = listMoments(messages)
    const commit = messages.findIndex(({ bytes }) => bytes.includes('commit')) + 1
    expect(moments.length).toBeGreaterThan(12)
    for (const moment of moments) {
      await using database = await createTestDatabase({ prepare })
      expect(await stopAt(database.url, work, { how, ...moment })).toBe(true)
      const { message, when } = moment
      const isCommitted = message > commit || (message === commit && when === 'after')
      await expect.poll(() => rowsOf(database.url)).toBe(isCommitted ? 2 : 0)
    }
  },
)

test('a crash that begins behind the last message is over, and the server there again, when the trial goes on', async () => {
  await using whole = await createTestDatabase({ prepare })
  const last = listMoments(await recordMessages(whole.url, work)).at(-1)
  if (!last) throw new Error('There is no moment.')
  await using database = await createTestDatabase({ prepare })
  const seen: string[] = []
  const server = {
    crash: async () => {
      seen.push('crash')
      for (let turn = 0; turn < 1000; turn += 1) await nextTurn()
      seen.push('crashed')
    },
    restart: async () => void seen.push('restarted'),
  }
  const isStopped = await stopAt(database.url, work, { how: 'crash', ...last }, server)
  expect(seen).toEqual(isStopped ? ['crash', 'crashed', 'restarted'] : [])
})
