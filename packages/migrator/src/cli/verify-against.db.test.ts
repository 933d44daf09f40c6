import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { migrate, migrateProcess } from '../testing/cli.ts'
import { printDatabase } from '../testing/database-print.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { query, withClient } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

// What a real database is asked on the command line, and what it is left as.

let project: ScratchProject
let server: TestDatabase
let real: TestDatabase

beforeAll(async () => {
  server = await createTestDatabase()
  real = await createTestDatabase()
  project = await scratchProject({
    Migration1: {
      up: ['create table jobs (n int primary key, label text)', 'create sequence tickets'],
      down: ['drop sequence tickets', 'drop table jobs'],
    },
    Migration2: {
      up: ['create index jobs_label on jobs (label)'],
      down: ['drop index jobs_label'],
      members: `requires() { return [
        { query: 'select count(*) < 100 or count(label) = count(*) as ok from jobs', says: 'Each job has a label.' },
        { query: "select case when count(*) < 100 then true else nextval('tickets') > 0 end as ok from jobs", says: 'There are tickets.' },
      ] }`,
    },
    Migration3: { up: ['create table last (n int)'], down: ['drop table last'] },
  })
  await recordExpectedCatalogs(mikroOrmProject(project.config))
  const env = { DATABASE_URL: real.url }
  await migrate(['up', 'Migration1', '--yes', '--config', project.config], env)
  await query(real.url, `insert into jobs select i from generate_series(1, 500) i; analyze jobs`)
})

afterAll(() => Promise.all([project.drop(), server.drop(), real.drop()]))

const lineOf = (url: string, which: string) =>
  ['verify', which, '--against', url, '--config', project.config].concat(
    '--scratch-url',
    server.url,
  )

const verify = (url: string, which: string, ...args: string[]) =>
  migrate([...lineOf(url, which), ...args])

test('what would be refused there ends with exit 3, and nothing is written, nor is a password', async () => {
  const before = await printDatabase(real.url)
  const { exit, stdout, stderr } = await verify(real.url, 'Migration2')
  expect([exit, stderr]).toEqual([3, ''])
  expect(stdout).toMatch(/locks jobs SHARE, .* \(about 500 rows, \d+ kB\)/)
  expect(stdout).toContain('required, and not so, up would be refused: Each job has a label.')
  expect(stdout).toMatch(
    /required, not read and so not proved \(.*read-only transaction.*\): There are tickets\.\n +do: Mend its query/,
  )
  expect(stdout).not.toContain(new URL(real.url).password)
  const json = await verify(real.url, 'Migration2', '--json')
  expect([json.exit, JSON.parse(json.stdout).against.migrations]).toMatchObject([
    3,
    [{ name: 'Migration2', state: 'pending', statements: [{ locks: [{ rows: 500 }] }] }],
  ])
  expect(await verify(real.url, 'Migration3')).toMatchObject({ exit: 0 })
  expect(await printDatabase(real.url)).toBe(before)
})

test(
  'what would be refused there shows in a comment and in code scanning, too',
  { tags: 'long' },
  async () => {
    const markdown = await verify(real.url, 'Migration2', '--format', 'markdown')
    expect(markdown).toMatchObject({ exit: 3, stderr: '' })
    expect(markdown.stdout).toMatch(/^<!-- .* -->\n### ⚠️ Verified: 1 migration\. Against /)
    expect(markdown.stdout).toContain('up would be refused: Each job has a label.')
    expect(markdown.stdout).toMatch(/ would be refused or find no table\. Against .* not proved /)
    const sarif = await verify(real.url, 'Migration2', '--format', 'sarif')
    expect([sarif.exit, JSON.parse(sarif.stdout).runs[0].results]).toMatchObject([
      3,
      [
        {
          ruleId: 'refused',
          level: 'error',
          message: { text: 'Each job has a label. (ok: false)' },
        },
        {
          ruleId: 'unread',
          level: 'warning',
          message: { text: expect.stringMatching(/tickets\.\n/) },
        },
      ],
    ])
  },
)

test('a database of another revision is told, and one that is read only is read', async () => {
  await using other = await createTestDatabase()
  const name = new URL(other.url).pathname.slice(1)
  await query(other.url, `alter database "${name}" set default_transaction_read_only = on`)
  const { exit, stdout } = await verify(other.url, 'Migration3')
  expect([exit, stdout]).toEqual([
    0,
    expect.stringContaining('Before these it needs: Migration1, Migration2.'),
  ])
})

test(
  'a role that may not read the ledger, and what is no database, end it before anything is tried',
  { tags: 'long' },
  async () => {
    const role = `blind_${process.pid}_${Date.now()}`
    await query(real.url, `create role ${role} login password 'hunter2'`)
    const blind = new URL(real.url)
    blind.username = role
    blind.password = 'hunter2'
    const wrong = new URL(blind)
    wrong.password = 'hunter3'
    const closed = new URL(blind)
    closed.port = '1'
    try {
      for (const url of [blind.href, wrong.href, closed.href, 'hunter2', 'mysql://a:hunter2@b/c']) {
        const { exit, stdout, stderr } = await verify(url, 'Migration3')
        expect([url, stdout, exit > 0]).toEqual([url, '', true])
        expect(stderr).not.toMatch(/hunter[23]@|:hunter/)
      }
      // What lets it read, and nothing else: it is to own nothing there.
      const { stderr } = await verify(blind.href, 'Migration3')
      expect(stderr).toMatch(/run: grant pg_read_all_data to "blind\w+"\n$/)
      expect(stderr).not.toContain('owner to')
      await query(real.url, `grant pg_read_all_data to ${role}`)
      expect(await verify(blind.href, 'Migration3')).toMatchObject({ exit: 0 })
    } finally {
      await query(real.url, `drop role ${role}`)
    }
  },
)

test(
  'who waits for a lock of another session does not wait for it for ever',
  { tags: 'long' },
  async () => {
    await withClient(real.url, async (other: Client) => {
      await other.query('begin; lock table jobs in access exclusive mode')
      const { exit, stdout, stderr } = await verify(real.url, 'Migration2')
      await other.query('rollback')
      expect([exit, stderr]).toEqual([3, ''])
      expect(stdout).toMatch(
        /not proved \(.*lock timeout\): Each job has a label\.\n +do: Another session/,
      )
      expect(stdout).toMatch(/\n +Then, run: \S+ verify Migration2 --against /)
      // All else holds: what nobody could read is what it ends with.
      expect(stdout.split('\n').at(-2)).toMatch(
        /^Verified: 1 migration\. Against \S+, it is not proved that what Migration2 requires is so: it was not read\.$/,
      )
    })
  },
)

test(
  'what no one could read is no pass in any form, and says what lets it be read',
  { tags: 'long' },
  async () => {
    const role = `half_blind_${process.pid}_${Date.now()}`
    await query(
      real.url,
      `create role ${role} login password 'hunter2'; grant usage on schema migrator to ${role};
     grant select on all tables in schema migrator to ${role}; grant select on mikro_orm_migrations to ${role}`,
    )
    const url = new URL(real.url)
    url.username = role
    url.password = 'hunter2'
    const page = join(dirname(project.config), 'unread.html')
    try {
      const json = await verify(url.href, 'Migration2', '--json', '--html', page)
      const unproved = expect.stringMatching(/^Against .* not proved .* Migration2 /)
      const says = ['Verified: 1 migration.', unproved]
      const grant = `grant pg_read_all_data to "${role}"`
      const unread = { state: 'unread', next: [{ sql: grant }] }
      expect([json.exit, JSON.parse(json.stdout)]).toMatchObject([
        3,
        {
          exit: 3,
          verdict: 'unproved',
          says,
          against: { migrations: [{ requirements: [unread, unread] }] },
        },
      ])
      const html = await readFile(page, 'utf8')
      expect(html).toMatch(/<header class="top fair">/)
      const markdown = await verify(url.href, 'Migration2', '--format', 'markdown')
      const sarif = await verify(url.href, 'Migration2', '--format', 'sarif')
      const printed = [
        html.replaceAll('&quot;', '"'),
        markdown.stdout,
        sarif.stdout.replaceAll(String.raw`\"`, '"'),
      ]
      for (const text of printed) {
        expect(text).toContain('permission denied for table jobs')
        expect(text).toContain(`To let it read every table, run: ${grant}`)
      }
      expect(JSON.parse(sarif.stdout).runs[0].results).toMatchObject([
        { ruleId: 'unread' },
        { ruleId: 'unread' },
      ])
      expect([markdown.exit, sarif.exit]).toEqual([3, 3])
      expect(markdown.stdout).toContain('### ⚠️ Verified: 1 migration. Against ')
    } finally {
      await query(real.url, `drop owned by ${role}; drop role ${role}`)
    }
  },
)

test('as a process it ends with the same exit code', { tags: 'long' }, async () => {
  expect((await migrateProcess(lineOf(real.url, 'Migration2'))).exit).toBe(3)
})
