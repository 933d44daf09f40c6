import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { startProxy } from '@techfacts/trials'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'
import { query, scratchProject, type ScratchProject } from '@techfacts/migrator/testing'

/** What a person reads and a program parses where PostgreSQL, or what it was given, is not as it should be. */

let database: TestDatabase
let project: ScratchProject

beforeAll(async () => {
  project = await scratchProject({
    Migration1: {
      up: [
        'create table a (n int primary key)',
        `do $$ begin raise warning 'careful' using hint = 'look twice'; end $$`,
      ],
      down: ['drop table a'],
    },
    Migration2: { up: ['insert into a values (1), (1)'] },
  })
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.drop())

const run = (url: string, ...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: url })

const codeOf = (stdout: string) => (JSON.parse(stdout) as { error: { code: string } }).error.code

test('an error of PostgreSQL, as text and as JSON', async () => {
  const { exit, stderr } = await run(database.url, 'up')
  expect(exit).toBe(1)
  expect(stderr).toMatch(/^Migration1: WARNING: careful\n {2}HINT: {2}look twice\n/m)
  expect(stderr).toMatch(
    /^DETAIL: {2}Key \(n\)=\(1\) already exists\.\nSQLSTATE 23505: table public\.a, constraint a_pkey$/m,
  )
  const { stdout } = await run(database.url, 'up', '--json')
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'STATEMENT_FAILED',
      exit: 1,
      message: expect.stringContaining('DETAIL:  Key (n)=(1) already exists.'),
      details: expect.objectContaining({ name: 'Migration2', segment: 1 }),
      postgres: {
        sqlstate: '23505',
        severity: 'ERROR',
        message: 'duplicate key value violates unique constraint "a_pkey"',
        detail: 'Key (n)=(1) already exists.',
        schema: 'public',
        table: 'a',
        constraint: 'a_pkey',
      },
      next: [],
    },
  })
})

test('notices are in the result, with their migration', async () => {
  const { stdout } = await run(database.url, 'up', 'Migration1', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    migrations: [
      {
        name: 'Migration1',
        notices: [{ severity: 'WARNING', message: 'careful', hint: 'look twice' }],
      },
    ],
  })
  const { stdout: journal } = await run(database.url, 'history')
  expect(journal).not.toMatch(/null|undefined/)
})

const LOGINS: [sqlstate: string, code: string, exit: number][] = [
  ['57P03', 'SERVER_NOT_READY', 1],
  ['57P01', 'SERVER_NOT_READY', 1],
  ['57P02', 'SERVER_NOT_READY', 1],
  ['53300', 'TOO_MANY_CONNECTIONS', 1],
  ['28000', 'LOGIN_REFUSED', 2],
  ['28P01', 'LOGIN_REFUSED', 2],
  ['42501', 'LOGIN_REFUSED', 2],
  ['3D000', 'DATABASE_UNKNOWN', 2],
  ['55000', 'DATABASE_CLOSED', 2],
  ['53200', 'POSTGRES_REFUSED', 1],
  ['0A000', 'POSTGRES_REFUSED', 1],
  ['XX000', 'POSTGRES_REFUSED', 1],
]

test.each(LOGINS)('a login that is refused with %s is %s', async (sqlstate, code, exit) => {
  const proxy = await startProxy(database.url)
  proxy.refuse(sqlstate, 'so says the server')
  const commands = [['up'], ['status']]
  const ended = await Promise.all(commands.map((args) => run(proxy.url, ...args, '--json')))
  expect(ended.map((one) => [codeOf(one.stdout), one.exit])).toEqual(
    commands.map(() => [code, exit]),
  )
  await proxy.close()
})

describe('a URL that is not what psql or pg would obey is one line, and exit 2', () => {
  const address = 'postgres://user'
  test.each([
    [`${address}:hunter2@127.0.0.1:1/db?schema=app`, /"schema".*search_path%3Dapp/],
    [`${address}:hunter2@127.0.0.1:1/db?pgbouncer=true`, /"pgbouncer".*Remove it/],
    [`${address}:hunter2#4@127.0.0.1:1/db`, /%23 for #/],
    [`${address}:hunter2/4@127.0.0.1:1/db`, /%2F for \//],
    [`${address}:hunter2?4@127.0.0.1:1/db`, /%3F for \?/],
    [`${address}:hunter2@4@127.0.0.1:1/db`, /%40 for @/],
    [`${address}:hunter2%4@127.0.0.1:1/db`, /%25 for %/],
    [`${address}:hunter2 4@127.0.0.1:1/db`, /%20 for space/],
    [`${address}:hunter2@127.0.0.1:1/db?sslrootcert=/nowhere.pem`, /\/nowhere\.pem of sslrootcert/],
  ])('%s', async (url, words) => {
    for (const args of [['up'], ['diff', url, url]]) {
      const { exit, stdout, stderr } = await run(args[0] === 'up' ? url : database.url, ...args)
      expect([exit, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(words)
      expect(stderr).toMatch(/^.*\n$/)
      expect(stderr).not.toMatch(/hunter|hunte|:4@/)
    }
  })
})

test('the URL of a socket, as psql reads it', async () => {
  const { exit, stderr } = await run('postgresql://user@/db?host=/nowhere&port=6543', 'up')
  expect([exit, stderr]).toEqual([1, expect.stringContaining('/nowhere/.s.PGSQL.6543')])
})

test.each(['null', '[]', '{}', '""', '0', '{"manifestVersion":1,"migrations":[null]}'])(
  'a manifest that is %s',
  async (text) => {
    const before = await readFile(project.manifest, 'utf8')
    await writeFile(project.manifest, text)
    const ended = await Promise.all(
      [['up'], ['status'], ['plan'], ['history'], ['check']].map((args) =>
        run(database.url, ...args),
      ),
    )
    await writeFile(project.manifest, before)
    for (const { exit, stdout, stderr } of ended) {
      expect([exit, stdout + stderr]).toEqual([
        6,
        expect.stringMatching(/migrations\.manifest\.json is not intact: it/),
      ])
    }
  },
)

test('a grant that is refused is no success, and one that is not whole says so', async () => {
  const role = `guest_${process.pid}`
  await query(
    database.url,
    `create role ${role} login password 's3cret'; create role ${role}_app; create table a (n int)`,
  )
  const guest = new URL(database.url)
  guest.username = role
  guest.password = 's3cret'
  const { exit, stderr } = await run(guest.href, 'grant', `${role}_app`)
  await query(database.url, 'drop table a')
  const partly = await run(guest.href, 'grant', `${role}_app`)
  expect(partly.stdout).toMatch(/^Warning: no privileges were granted for "public"$/m)
  await query(
    database.url,
    `drop owned by ${role}; drop owned by ${role}_app; drop role ${role}, ${role}_app`,
  )
  expect([exit, stderr]).toEqual([2, expect.stringMatching(/privilege is missing/)])
})
