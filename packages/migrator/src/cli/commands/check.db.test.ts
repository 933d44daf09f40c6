import { check, databaseTarget, run } from '@techfacts/migrator'
import { chooseExit } from '../../inspect/check.ts'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { printDatabase } from '../../testing/database-print.ts'
import { recordExpectedCatalogs } from '../../testing/expected-catalogs.ts'
import { query } from '../../testing/query.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let project: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  project = await scratchProject({
    Migration1_tables: {
      up: [
        'create table jobs (id int, status text)',
        'create index jobs_status on jobs (status)',
        'create table log (at timestamptz) partition by range (at)',
        `create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01')`,
      ],
    },
    Migration2_more: { up: ['create table more (n int)'] },
  })
})

/** Without it there is a finding that nothing proves the schema. */
beforeAll(() => recordExpectedCatalogs(mikroOrmProject(project.config)))

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase({ prepare: head })
})

afterEach(() => database.drop())

async function head(url: string): Promise<void> {
  await run(mikroOrmProject(project.config), databaseTarget(url), {
    direction: 'up',
    target: 'head',
  })
}

/** Looks, and proves that nothing was changed; one line for each finding, and the exit code. */
async function look(): Promise<string[]> {
  const before = await printDatabase(database.url)
  const all = await check(mikroOrmProject(project.config), databaseTarget(database.url))
  expect(await printDatabase(database.url)).toBe(before)
  // A scratch project keeps no snapshot of its entities, and says so.
  const findings = all.filter(({ about }) => about !== 'entities')
  return [
    ...findings.map(
      ({ about, exit, says }) => `${about}, ${exit}: ${says.replaceAll(/\s+/g, ' ')}`,
    ),
    String(chooseExit(all)),
  ]
}

const sql = (text: string) => query(database.url, text)

test('what is whole has no finding', async () => {
  expect(await look()).toEqual(['0'])
})

test('what is pending: 5', async () => {
  await sql(`delete from mikro_orm_migrations where name = 'Migration2_more'`)
  expect(await look()).toEqual(['migrations, pending: Migration2_more is pending.', '5'])
})

test('an extension that a pending migration needs is named where it is not there', async () => {
  const own = await scratchProject({
    Migration1_makes: { up: ['create extension no_such_thing'] },
    Migration2_uses: { up: ['create table places (name citext)'] },
    Migration3_none: { up: ['create table plain (name text)'] },
  })
  const found = await check(mikroOrmProject(own.config), databaseTarget(database.url))
  await own.drop()
  const says = found.flatMap((one) => (one.about === 'migrations' ? [one.says] : []))
  expect(says).toEqual([
    'Migration1_makes is pending, and makes the extension no_such_thing, which this server does not have: install it there first.',
    'Migration2_uses is pending, and needs the type citext of the extension citext, which this database does not have and no migration before it makes.',
    'Migration3_none is pending.',
  ])
})

describe('what is not whole: 6', () => {
  test.each([
    ['a column by hand', 'alter table jobs add note text', /extra column public\.jobs\.note/],
    ['a table less', 'drop table more', /missing table public\.more/],
    [
      'an invalid index',
      `update pg_index set indisvalid = false where indexrelid = 'jobs_status'::regclass`,
      /Index public\.jobs_status is invalid.*reindex/,
    ],
    [
      'a constraint that holds for new rows',
      'alter table jobs add check (id > 0) not valid',
      /Constraint public\.jobs\.jobs_id_check holds for new rows only.*validate/,
    ],
    [
      'a constraint that nothing enforces',
      'alter table jobs add primary key (id); create table r (id int references jobs); alter table r disable trigger all',
      /Constraint public\.r\.r_id_fkey is not enforced/,
    ],
    [
      'a partition that is half detached',
      `update pg_inherits set inhdetachpending = true where inhrelid = 'log_1'::regclass`,
      /Partition public\.log_1 is half detached.*finalize/,
    ],
    [
      'a migration that is recorded twice',
      `insert into mikro_orm_migrations (name) values ('Migration2_more')`,
      /records migrations more than once/,
    ],
    [
      'a migration that nobody has',
      `insert into mikro_orm_migrations (name) values ('Migration3_theirs')`,
      /Another tool has recorded migrations in [^:]*: Migration3_theirs/,
    ],
    [
      'an interrupted one',
      `insert into migrator.history (run, event, migration, direction, segment, segments, mode) values (gen_random_uuid(), 'started', 'Migration2_more', 'up', 1, 1, 'outside')`,
      /Migration2_more was interrupted/,
    ],
  ])('%s', async (_, change, finding) => {
    await sql(change)
    const found = await look()
    expect(found.at(-1)).toBe('6')
    expect(found.slice(0, -1)).toContainEqual(expect.stringMatching(finding))
  })

  test('a manifest that was changed, also without a database', async () => {
    const other = await project.copy()
    try {
      const text = await readFile(other.manifest, 'utf8')
      await writeFile(other.manifest, text.replace('Migration1_tables"', 'Migration1_tabled"'))
      const findings = await check(mikroOrmProject(other.config), undefined)
      expect(findings).toMatchObject([{ about: 'manifest', exit: 'integrity' }])
    } finally {
      await other.drop()
    }
  })
})

test('grants and what is nobody’s are warnings', async () => {
  await sql('grant select on jobs to public; create table theirs (n int)')
  expect(await look()).toEqual([
    expect.stringMatching(
      /^schema, done: .*extra table public\.theirs.*changed table public\.jobs grants/,
    ),
    '0',
  ])
})

test('the program says it in words and as JSON', async () => {
  await sql('alter table jobs add note text')
  const env = { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config }
  const text = await migrate(['check'], env)
  expect([text.exit, text.stderr]).toEqual([6, ''])
  expect(text.stdout).toMatch(/^entities \(warning\): [\s\S]*^schema: [\s\S]*public\.jobs\.note/m)
  const { exit, findings } = JSON.parse((await migrate(['check', '--json'], env)).stdout)
  expect([exit, findings]).toEqual([
    6,
    [expect.anything(), expect.objectContaining({ about: 'schema' })],
  ])
})
