import { createTestDatabase } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listLines } from '../cli/render/against.ts'
import type { Project } from '../project/project.ts'
import type { Against } from '../verify/against.ts'
import { run } from '../run/index.ts'
import { recordCatalogs } from '../scratch/record-catalogs.ts'
import { databaseTarget } from '../session/database-target.ts'
import { printDatabase } from '../testing/database-print.ts'
import { query, withClient } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { readAgainst } from './read-against.ts'

type ScratchProject = Awaited<ReturnType<typeof sqlProject>>

const BASE = {
  up: 'create table jobs (n int primary key, label text); create table notes (t text)',
}
const INDEX = {
  up: 'create table fresh (n int); create index jobs_label on jobs (label); do $$ begin perform 1; end $$',
  requires: [
    { query: 'select not exists (select from jobs where n < 0) as ok', says: 'No n is negative.' },
    { query: 'select count(label) = count(*) as ok from jobs', says: 'Each job has a label.' },
  ],
}
const LATER = {
  up: 'alter table notes add column n int; alter table fresh add column m int',
  requires: [{ query: 'select count(*) = 0 as ok from fresh', says: 'Fresh is empty.' }],
}
const SLOW = {
  up: 'select 1',
  requires: [{ query: 'select pg_sleep(60) is not null as ok', says: 'It has slept.' }],
}

let project: ScratchProject
beforeAll(async () => {
  project = await sqlProject({
    Migration1_base: BASE,
    Migration2_index: INDEX,
    Migration3_later: LATER,
  })
  await using server = await createTestDatabase()
  await recordCatalogs(project, (work) => work(databaseTarget(server.url)))
})
afterAll(() => project.drop())

const describe = (found: Against) => listLines(found, () => 'migrate')

const against = (url: string, which: string) => readAgainst(project, databaseTarget(url), { which })

/** A database after this migration, with 30,000 jobs. */
async function databaseAt(of: Project, target: string) {
  const database = await createTestDatabase()
  await run(of, databaseTarget(database.url), { direction: 'up', target, yes: true })
  await query(
    database.url,
    `insert into jobs select i, case when i > 3 then 'job ' || i end from generate_series(1, 30000) i; analyze`,
  )
  // Test databases are disposable, and nothing counts there.
  const name = new URL(database.url).pathname.slice(1)
  await query(database.url, `alter database "${name}" set "migrator.disposable" = off`)
  return database
}

test('each statement is told with the rows and bytes that it locks there, and what is required and not so', async () => {
  await using database = await databaseAt(project, 'Migration1_base')
  const before = await printDatabase(database.url)
  const found = await against(database.url, 'Migration2_index')
  expect(await printDatabase(database.url)).toBe(before)
  const jobs = { relation: 'jobs', rows: 30_000, bytes: expect.any(Number) }
  expect(found).toMatchObject({
    hasLedger: true,
    unknown: [],
    pendingBefore: [],
    migrations: [
      {
        state: 'pending',
        missing: [],
        statements: [
          { locks: [], isOpaque: false },
          { locks: [{ ...jobs, mode: 'SHARE', work: 'build' }], isOpaque: false },
          { locks: [], isOpaque: true },
        ],
        requirements: [
          { says: 'No n is negative.', state: 'holds' },
          { says: expect.stringMatching(/^Each job has a label\./), state: 'unmet' },
        ],
      },
    ],
  })
  expect(found.migrations[0]?.statements[1]?.locks[0]?.bytes).toBeGreaterThan(1_000_000)
  expect(found.migrations[0]?.findings).toContainEqual(
    expect.objectContaining({ level: 'error', hazards: expect.arrayContaining(['blocks-writes']) }),
  )
  const text = describe(found).join('\n')
  expect(text).toMatch(
    /create index jobs_label on jobs \(label\)\n {4}- locks jobs SHARE, nobody else writes, builds an index of it \(about 30,000 rows, \d/,
  )
  expect(text).toContain('required, and not so, up would be refused: Each job has a label.')
  expect(text).not.toContain('create table fresh')
  expect(text).not.toContain(new URL(database.url).password)
})

test('it reads beside a session that lets nobody but readers in, as a role that may only read', async () => {
  await using database = await databaseAt(project, 'Migration1_base')
  const role = `reader_${process.pid}_${Date.now()}`
  await query(
    database.url,
    `create role ${role} login password 'reads-only'; grant pg_read_all_data to ${role};
     alter role ${role} set default_transaction_read_only to on`,
  )
  const reader = new URL(database.url)
  reader.username = role
  reader.password = 'reads-only'
  try {
    await withClient(database.url, async (other) => {
      const { rows } = await other.query<{ name: string }>(
        `select format('%I.%I', n.nspname, relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace
          where relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
      )
      // EXCLUSIVE goes with ACCESS SHARE alone.
      const names = rows.map(({ name }) => name).join(', ')
      await other.query(`begin; lock table ${names} in exclusive mode`)
      const found = await against(reader.href, 'Migration2_index..Migration3_later')
      expect(found.migrations[0]).toMatchObject({
        statements: [{}, { locks: [{ relation: 'jobs', rows: 30_000 }] }, {}],
        requirements: [{ state: 'holds' }, { state: 'unmet' }],
      })
      await other.query('rollback')
    })
    await query(
      database.url,
      `revoke pg_read_all_data from ${role}; grant usage on schema migrator, public to ${role};
       grant select on all tables in schema migrator to ${role}; grant select on mikro_orm_migrations to ${role}`,
    )
    const blind = await against(reader.href, 'Migration2_index')
    expect(blind.migrations[0]?.requirements).toEqual([
      {
        says: 'No n is negative.',
        state: 'unread',
        reason: expect.stringContaining('permission denied for table jobs'),
        advice: expect.stringContaining('Ask as a role that may'),
        next: [{ sql: `grant pg_read_all_data to "${role}"`, why: 'To let it read every table' }],
      },
      expect.objectContaining({ state: 'unread' }),
    ])
    expect(blind.migrations[0]?.statements[1]?.locks[0]).toMatchObject({ rows: 30_000 })
  } finally {
    await query(database.url, `drop owned by ${role}; drop role ${role}`)
  }
})

test('a database on another revision, and a table that is not there, are told', async () => {
  await using database = await createTestDatabase()
  const empty = await against(database.url, 'Migration3_later')
  expect(empty).toMatchObject({
    hasLedger: false,
    pendingBefore: ['Migration1_base', 'Migration2_index'],
    migrations: [
      {
        name: 'Migration3_later',
        missing: [],
        requirements: [{ says: 'Fresh is empty.', state: 'later' }],
      },
    ],
  })
  expect(describe(empty).slice(1, 3)).toEqual([
    '  No migration was ever recorded there.',
    '  Before these it needs: Migration1_base, Migration2_index.',
  ])
  await run(project, databaseTarget(database.url), {
    direction: 'up',
    target: 'Migration1_base',
    yes: true,
  })
  await query(
    database.url,
    `drop table notes; insert into mikro_orm_migrations (name) values ('Migration0_theirs')`,
  )
  const other = await against(database.url, 'Migration1_base..Migration3_later')
  expect(other).toMatchObject({
    unknown: ['Migration0_theirs'],
    migrations: [
      { name: 'Migration1_base', state: 'applied', statements: [] },
      { name: 'Migration2_index', missing: [] },
      { name: 'Migration3_later', missing: ['public.notes'] },
    ],
  })
  const text = describe(other).join('\n')
  expect(text).toContain('Migration1_base: it is applied there already')
  expect(text).toContain('public.notes is not there, although the migrations before say so')
  expect(text).toContain('that this project does not know: Migration0_theirs.')
})

test(
  'what takes longer than ten seconds there is given up, and that is told',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const slow = await sqlProject({ Migration1_slow: SLOW })
    const choice = { which: 'Migration1_slow' }
    const found = await readAgainst(slow, databaseTarget(database.url), choice)
    await slow.drop()
    expect(found.migrations[0]?.requirements).toEqual([
      {
        says: 'It has slept.',
        state: 'unread',
        reason: expect.stringContaining('timeout'),
        advice: expect.stringContaining('ask a replica'),
        next: [{ sql: 'select pg_sleep(60) is not null as ok', why: 'To read it without a limit' }],
      },
    ])
  },
)
