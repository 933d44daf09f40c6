import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'
import { query, printDatabase } from '@techfacts/migrator/testing'

let database: TestDatabase
let url: URL

beforeAll(async () => {
  database = await createTestDatabase()
  url = new URL(database.url)
})

afterAll(() => database.drop())

/** The test's URL, changed. */
function other(change: (url: URL) => void): string {
  const changed = new URL(url)
  change(changed)
  return changed.href
}

/** One clear line or few, no stack trace, and the password in none of them. */
function expectClear(ended: { stdout: string; stderr: string }): void {
  const said = ended.stdout + ended.stderr
  expect(said).not.toMatch(/^\s+at .*:\d+/m)
  expect(said).not.toContain(url.password)
  expect(said).not.toContain('s3cret')
}

describe('a bad database URL', () => {
  test.each([
    ['none', undefined, 2, /no database URL[\s\S]*set: DATABASE_URL/],
    ['an empty one', '', 2, /no database URL[\s\S]*set: DATABASE_URL/],
    ['no URL', 'postgres:// nope', 2, /is not a PostgreSQL URL/],
    ['another scheme', 'mysql://u:s3cret@localhost/x', 2, /does not begin with postgres/],
    ['no database', 'postgres://u:s3cret@localhost:1', 2, /names no database/],
    ['a broken escape', 'postgres://u:s3cret@localhost/%zz', 2, /%/],
    [
      'an unknown host',
      'postgres://u:s3cret@nowhere.invalid/x',
      1,
      /No PostgreSQL server answers at nowhere\.invalid:5432/,
    ],
  ])('%s', async (_, given, exit, message) => {
    const ended = await migrate(['up'], given === undefined ? {} : { DATABASE_URL: given })
    expect([ended.exit, ended.stderr]).toEqual([exit, expect.stringMatching(message)])
    expectClear(ended)
  })

  test('a wrong password', async () => {
    const wrong = other((it) => (it.password = 's3cret'))
    const ended = await migrate(['up'], { DATABASE_URL: wrong })
    expect([ended.exit, ended.stderr]).toEqual([
      2,
      expect.stringMatching(/refused the login.*password/),
    ])
    expectClear(ended)
  })

  test('an unknown database, which is not created', async () => {
    const unknown = other((it) => (it.pathname = '/mistyped_database'))
    const ended = await migrate(['start'], { DATABASE_URL: unknown })
    expect([ended.exit, ended.stderr]).toEqual([
      2,
      expect.stringMatching(/"mistyped_database" does not exist/),
    ])
    expectClear(ended)
    expect(
      await query(database.url, `select from pg_database where datname = 'mistyped_database'`),
    ).toEqual([])
  })

  test('a server that does not answer is waited for as long as was said', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await new Promise((resolve) => taken.close(resolve))
    const dead = other((it) => (it.port = String(port)))
    const ended = await migrate(['start'], { DATABASE_URL: dead, MIGRATE_WAIT: '1' })
    expect([ended.exit, ended.stderr]).toEqual([
      1,
      expect.stringMatching(/No PostgreSQL server answers.*waited 1 s/),
    ])
    expectClear(ended)
  })
})

test('a role that may not create is told which privilege it lacks, and changes nothing', async () => {
  const role = `guest_${process.pid}`
  await query(database.url, `create role ${role} login password 's3cret'`)
  try {
    const asGuest = other((it) => ((it.username = role), (it.password = 's3cret')))
    const ended = await migrate(['up'], { DATABASE_URL: asGuest })
    expect([ended.exit, ended.stderr]).toEqual([
      2,
      expect.stringMatching(/privilege is missing.*schema "migrator"/),
    ])
    expectClear(ended)
    expect(await printDatabase(database.url)).toBe('')
  } finally {
    await query(database.url, `drop owned by ${role}; drop role ${role}`)
  }
})

describe('a bad command line', () => {
  test.each([
    [['upp'], 2, /Unknown command 'upp'\. Did you mean up\? See: pnpm migrate --help/],
    [['up', 'a', 'b'], 2, /Too many arguments for 'up'.*: a, b\. See: pnpm migrate up --help/],
    [['down'], 2, /Missing required argument 'target'\. See: pnpm migrate down --help/],
    [['up', '--frobnicate'], 2, /Unknown option '--frobnicate'/],
    [
      ['up', '--lock-wait', 'soon'],
      2,
      /'--lock-wait <seconds>' argument 'soon' is invalid\. It must be a number of seconds\./,
    ],
    [
      ['up', '--config', '/nowhere/config.ts'],
      2,
      /configuration \/nowhere\/config\.ts does not exist/,
    ],
    [['up', '--config', '/'], 2, /configuration \/ is a folder, not a file/],
    [['repair', 'x'], 2, /one of --applied, --not-applied and --checksum/],
    [['repair', 'x', '--applied'], 2, /There is no migration "x"/],
    [['repair', '20261122153648', '--applied'], 2, /say why with --reason/],
    [['repair', '20261122153648', '--not-applied'], 2, /153648_\w+ has no segment in doubt/],
  ])('%j', async (args, exit, message) => {
    const ended = await migrate(args, { DATABASE_URL: database.url })
    expect([ended.exit, ended.stderr]).toEqual([exit, expect.stringMatching(message)])
    expectClear(ended)
  })

  test('a variable that cannot be read', async () => {
    const ended = await migrate(['start'], { DATABASE_URL: database.url, MIGRATE_WAIT: 'long' })
    expect([ended.exit, ended.stderr]).toEqual([2, expect.stringMatching(/MIGRATE_WAIT is "long"/)])
  })

  test('an error as JSON', async () => {
    const { exit, stdout, stderr } = await migrate(['up', 'nope', '--json'], {
      DATABASE_URL: database.url,
    })
    expect(exit).toBe(2)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TARGET_UNKNOWN', exit: 2 } })
  })
})

test('help is no error, and names every command', async () => {
  const { exit, stdout } = await migrate(['--help'])
  expect(exit).toBe(0)
  for (const verb of [
    'start',
    'up',
    'down',
    'status',
    'plan',
    'history',
    'create',
    'seed',
    'grant',
    'diff',
    'repair',
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'))
  }
})
