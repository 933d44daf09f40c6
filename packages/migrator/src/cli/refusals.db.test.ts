import { databaseTarget, run as runHere } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backendPid, LOCK } from '../session/session.ts'
import { migrate, type Ended } from '../testing/cli.ts'
import { printDatabase } from '../testing/database-print.ts'
import { query, withClient } from '../testing/query.ts'
import { createRole } from '../testing/roles.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let original: ScratchProject
let database: TestDatabase
let project: ScratchProject

beforeAll(async () => {
  original = await scratchProject({
    Migration1_a: { up: ['create table a (n int)'], down: ['drop table a'] },
    Migration2_b: { up: ['create table b (n int)'], down: ['drop table b'] },
    Migration2_c: { up: ['create table c (n int)'], down: ['drop table c'] },
  })
})

afterAll(() => original.drop())

beforeEach(async () => {
  database = await createTestDatabase()
  project = await original.copy()
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

const sql = (text: string) => query(database.url, text)

/** For what a test takes for granted. */
async function succeed(...args: string[]): Promise<void> {
  const { exit, stderr } = await run(...args)
  if (exit !== 0) throw new Error(stderr)
}

/** Runs, and proves that the database is as it was. */
async function refused(...args: string[]) {
  const before = await printDatabase(database.url)
  const ended = await run(...args)
  expect(await printDatabase(database.url)).toBe(before)
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
  return ended
}

describe('targets', () => {
  test.each([
    [['up', 'Migration9'], /There is no migration "Migration9"[\s\S]*Migration2_c/],
    [['up', 'Migration2'], /2 migrations begin with[\s\S]*Migration2_b/],
    [['up', '+4'], /\+4|only/],
    [['down', 'Migration1_typo'], /There is no migration "Migration1_typo"/],
    [['down', '-2'], /-2|only/],
    [['down', 'Migration2_c'], /not applied yet[\s\S]*migrate up Migration2_c/],
    [['up', 'base'], /already applied[\s\S]*migrate down base/],
  ])('%j is refused with exit 2', async (args, message) => {
    const request = { direction: 'up', target: 'Migration1_a' } as const
    await runHere(mikroOrmProject(project.config), databaseTarget(database.url), request)
    const ended = await refused(...args)
    expect(ended.exit).toBe(2)
    expect(ended.stderr).toMatch(message)
  })

  test('a refused first run creates nothing, not even its own tables', async () => {
    expect((await refused('up', 'nope')).exit).toBe(2)
    expect(await printDatabase(database.url)).toBe('')
  })
})

describe('integrity', () => {
  beforeEach(async () => {
    await succeed('up', 'Migration2_b')
  })

  test('a migration that was edited after it was recorded', async () => {
    await project.write('Migration2_c', {
      up: ['create table c (n bigint)'],
      down: ['drop table c'],
    })
    const ended = await refused('up')
    expect(ended.exit).toBe(6)
    expect(ended.stderr).toMatch(
      /Migration2_c was edited after it was recorded \(manifest v1:\w+, file v1:\w+\)/,
    )
  })

  test('an applied migration that was edited and recorded again', async () => {
    await project.write('Migration1_a', {
      up: ['create table a (n bigint)'],
      down: ['drop table a'],
    })
    await project.lock()
    const ended = await refused('up')
    expect(ended.exit).toBe(6)
    expect(ended.stderr).toMatch(
      /Migration1_a is not what was applied \(applied v1:\w+, here v1:\w+\)/,
    )
  })

  test('a layout that changed is no edit', async () => {
    await project.write('Migration1_a', {
      up: ['CREATE TABLE a\n (n int) -- x'],
      down: ['drop table "a"'],
    })
    expect((await run('up')).exit).toBe(0)
  })

  test('an applied migration whose file is gone', async () => {
    await project.remove('Migration1_a')
    const gone = await refused('down', 'base')
    expect([gone.exit, gone.stderr]).toEqual([
      6,
      expect.stringMatching(/have no file:[\s\S]*Migration1_a/),
    ])
    await project.lock()
    const unknown = await refused('up')
    expect([unknown.exit, unknown.stderr]).toEqual([
      6,
      expect.stringMatching(/has migrations that this build does not[\s\S]*Migration1_a/),
    ])
  })

  test('a new migration that lies before an applied one', async () => {
    await project.write('Migration1_z', { up: ['select 1'] })
    const unlisted = await refused('up')
    expect([unlisted.exit, unlisted.stderr]).toEqual([
      6,
      expect.stringMatching(/does not list[\s\S]*Migration1_z/),
    ])
    await project.lock()
    const late = await refused('up')
    expect([late.exit, late.stderr]).toEqual([
      6,
      expect.stringMatching(
        /Migration2_b is applied, and these migrations, which come before it, are not[\s\S]*Migration1_z/,
      ),
    ])
  })

  test('a migration that is recorded twice', async () => {
    await sql(`insert into mikro_orm_migrations (name) values ('Migration1_a')`)
    const ended = await refused('down', 'base')
    expect([ended.exit, ended.stderr]).toEqual([
      6,
      expect.stringMatching(/more than once[\s\S]*Migration1_a/),
    ])
  })

  test('a file among the migrations that is none', async () => {
    await project.writeRaw('helper.ts', 'export const help = 1')
    const ended = await refused('up')
    expect([ended.exit, ended.stderr]).toEqual([
      6,
      expect.stringMatching(/helper\.ts.*is not a migration/),
    ])
  })

  test('a manifest that was changed by hand', async () => {
    const text = await readFile(project.manifest, 'utf8')
    await writeFile(project.manifest, text.replace('"Migration1_a"', '"Migration1_A"'))
    const chain = await refused('up')
    expect([chain.exit, chain.stderr]).toEqual([
      6,
      expect.stringMatching(/chain breaks at Migration1_A/),
    ])
    await appendFile(project.manifest, '<<<<<<<')
    expect((await refused('up')).exit).toBe(6)
  })
})

describe('what a migration states', () => {
  const query =
    'select count(*) filter (where n is null) as "a.n", count(*) > 0 as "has rows" from a'

  test('requires: refused with counts before any lock is taken, and nothing of it is applied', async () => {
    expect((await run('up')).exit).toBe(0)
    await sql('insert into a values (null), (null), (1)')
    await project.write('Migration3', {
      up: ['alter table a alter n set not null'],
      members: `requires() { return [{ query: ${JSON.stringify(query)}, says: 'Rows of a hold NULL.' }] }`,
    })
    await project.lock()
    await sql('begin; lock table a in row exclusive mode; commit')
    const ended = await refused('up')
    expect([ended.exit, ended.stderr]).toEqual([
      3,
      expect.stringMatching(/Migration3 cannot run: Rows of a hold NULL\. \(a\.n: 2\)/),
    ])
    const plan = await run('plan')
    expect([plan.exit, plan.stdout]).toEqual([
      3,
      expect.stringContaining('Migration3 cannot run: '),
    ])
    const script = await run('plan', '--sql')
    expect([script.exit, script.stderr]).toEqual([
      3,
      expect.stringContaining('Migration3 cannot run: Rows of a hold NULL.'),
    ])
    await sql('update a set n = 0 where n is null')
    expect((await run('up')).exit).toBe(0)
  })

  test('downRequires: the same on the way back', async () => {
    await project.write('Migration3', {
      up: ['alter table a alter n type bigint'],
      down: ['alter table a alter n type int'],
      members: `downRequires() { return [{ query: 'select count(*) as "too big" from a where n > 2147483647', says: 'Some are too big.' }] }`,
    })
    await project.lock()
    expect((await run('up')).exit).toBe(0)
    await sql('insert into a values (3000000000)')
    const ended = await refused('down', '-1')
    expect([ended.exit, ended.stderr]).toEqual([
      3,
      expect.stringMatching(/cannot be reverted.*\(too big: 1\)/),
    ])
    const plan = await run('plan', '--down', '-1')
    expect([plan.exit, plan.stdout]).toEqual([
      3,
      expect.stringMatching(/Migration3 cannot be reverted: .*\(too big: 1\)/),
    ])
  })

  test('ensures: what does not hold is rolled back', async () => {
    await project.write('Migration3', {
      up: ['insert into a values (1)'],
      members: `ensures() { return [{ query: 'select count(*) = 0 as "a is empty" from a', says: 'a has rows.' }] }`,
    })
    await project.lock()
    const ended = await run('up')
    expect([ended.exit, ended.stderr]).toEqual([
      1,
      expect.stringMatching(/a has rows\. \(a is empty: false\)[\s\S]*rolled back/),
    ])
    expect(await printDatabase(database.url)).toMatch(/r a\nr b\n/)
  })

  test('ensures: where nothing can be rolled back, the migration stays unfinished and says so', async () => {
    await project.write('Migration3', {
      up: ['create index concurrently i on a (n)'],
      members: `ensures() { return [{ query: 'select count(*) as "rows" from a', says: 'a has rows.' }] }`,
    })
    await project.lock()
    expect((await run('up', 'Migration2_c')).exit).toBe(0)
    await sql('insert into a values (1)')
    const ended = await run('up')
    expect([ended.exit, ended.stderr]).toEqual([
      6,
      expect.stringMatching(/does not hold: a has rows/),
    ])
    expect((await run('status')).stdout).toMatch(/half +Migration3/)
    await sql('delete from a')
    expect((await run('up')).exit).toBe(0)
  })

  test('no way back', async () => {
    await project.write('Migration3', { up: ['select 1'] })
    await project.lock()
    expect((await run('up')).exit).toBe(0)
    const ended = await refused('down', '-1')
    expect([ended.exit, ended.stderr]).toEqual([
      3,
      expect.stringMatching(
        /Migration3 cannot be reverted: .+\. Nothing was changed\. .+ by a new migration, or by a backup/,
      ),
    ])
  })

  test('a statement that PostgreSQL refuses is shown with its reason, and its segment rolled back', async () => {
    await project.write('Migration3', {
      up: ['create table d (n int)', 'insert into d values (1 / 0)'],
    })
    await project.lock()
    const ended = await run('up')
    expect([ended.exit, ended.stderr]).toEqual([
      1,
      expect.stringMatching(
        /Migration3, segment 1, failed: division by zero\n {2}insert into d values \(1 \/ 0\)/,
      ),
    ])
    expect(await printDatabase(database.url)).not.toMatch(/^r d$/m)
  })

  test('a COMMIT in a procedure says what kind of migration it needs', async () => {
    await project.write('Migration3', { up: ['do $$ begin commit; end $$'] })
    await project.lock()
    const ended = await run('up')
    expect([ended.exit, ended.stderr]).toEqual([
      1,
      expect.stringMatching(/isTransactional\(\) returns false.*run again/),
    ])
  })

  test('a session that holds the migration lock and is no run is named, with what ends it', async () => {
    const stranger = await createRole(database.url)
    await withClient(stranger.url, async (client) => {
      const pid = await backendPid(client)
      await client.query('select pg_advisory_lock($1, $2)', [LOCK.classId, LOCK.objectId])
      const ended = await refused('up', '--lock-wait', '0')
      expect(ended.exit).toBe(4)
      expect(ended.stderr).toMatch(`role ${stranger.name}, since`)
      expect(ended.stderr).toMatch(`select pg_terminate_backend(${pid})`)
    })
    await stranger.drop()
  })

  test.each([
    ['commit', 3, /belong to the runner/],
    ['alter tabel a', 3, /syntax error/],
  ])('"%s" in a migration is refused before anything runs', async (statement, exit, message) => {
    await project.write('Migration3', { up: [statement] })
    const ended = await refused('up')
    expect([ended.exit, ended.stderr]).toEqual([exit, expect.stringMatching(message)])
  })
})

describe('an interrupted migration', () => {
  const unique = 'create unique index concurrently i on a (n)'
  let interrupted: Ended

  beforeEach(async () => {
    await project.write('Migration3', {
      up: ['alter table a add column m int', unique, 'alter table a alter m set default 1'],
      down: [
        'alter table a alter m drop default',
        'drop index concurrently i',
        'alter table a drop column m',
      ],
    })
    await project.lock()
    await succeed('up', 'Migration2_c')
    await sql('insert into a values (1), (1)')
    interrupted = await run('up')
  })

  test('leaves no invalid index, and goes on where it stopped', async () => {
    expect([interrupted.exit, interrupted.stderr]).toEqual([
      1,
      expect.stringMatching(/segment 2, failed: could not create unique index/),
    ])
    expect(await printDatabase(database.url)).not.toMatch(/^i i$/m)
    expect((await run('status')).stdout).toMatch(/half +Migration3/)
    await sql('delete from a where ctid = (select min(ctid) from a)')
    expect((await run('up')).exit).toBe(0)
    expect((await run('status', '--exit-code')).exit).toBe(0)
  })

  test('is undone by just those statements of its down that undo what was applied', async () => {
    const ended = await run('down', '-1')
    expect([ended.exit, ended.stderr]).toEqual([0, expect.anything()])
    expect((await run('status')).stdout).toMatch(/pending +Migration3/)
    expect((await run('down', 'base')).exit).toBe(0)
  })

  test('may be edited where it is not applied, and only there', async () => {
    await project.write('Migration3', {
      up: ['alter table a add column m bigint', unique],
      down: ['alter table a drop column m'],
    })
    await project.lock()
    const edited = await refused('up')
    expect([edited.exit, edited.stderr]).toEqual([
      6,
      expect.stringMatching(/statement 1, which was applied, was edited/),
    ])
    await project.write('Migration3', {
      up: ['alter table a add column m int', 'create index concurrently i on a (n)'],
      down: ['drop index concurrently i', 'alter table a drop column m'],
    })
    await project.lock()
    expect((await run('up')).exit).toBe(0)
    expect((await run('down', 'base')).exit).toBe(0)
  })
})

describe('an index that is there already', () => {
  const build = 'create index concurrently if not exists i on a (n) where n > 0'

  beforeEach(async () => {
    await project.write('Migration3', { up: [build], down: ['drop index concurrently i'] })
    await project.lock()
    await succeed('up', 'Migration2_c')
  })

  test.each([
    ['another definition', 'create index i on a (n) where n > 1'],
    ['another table', 'create index i on b (n) where n > 0'],
    [
      'an invalid rest',
      `${build.replace(' concurrently', '')}; update pg_index set indisvalid = false where indexrelid = 'i'::regclass`,
    ],
  ])('IF NOT EXISTS does not take %s for done', async (_, make) => {
    await sql(make)
    const ended = await run('up', '--allow-drift', 'an index')
    expect([ended.exit, ended.stderr]).toEqual([
      6,
      expect.stringMatching(/Index public\.i exists, and/),
    ])
    expect((await run('status')).stdout).toMatch(/pending +Migration3/)
  })

  test('the very same one is', async () => {
    await sql(build.replace(' concurrently', ''))
    expect((await run('up', '--allow-drift', 'built at night')).exit).toBe(0)
  })
})

test('a REINDEX that fails takes its own rests away, and nobody else’s', async () => {
  const invalid = `select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1`
  await project.write('Migration3', { up: ['reindex table concurrently a'] })
  await project.lock()
  await succeed('up', 'Migration2_c')
  await sql(
    `create table broken (); create function f(n int) returns int language plpgsql immutable as
       $$ begin if (select count(*) from pg_class where relname = 'broken') > 0 and n = 2 then raise 'broken'; end if; return n; end $$;
     insert into a values (1); create index on a (f(n)); create index other_ccnew on b (n);
     update pg_index set indisvalid = false where indexrelid = 'other_ccnew'::regclass;
     alter table broken rename to whole; insert into a values (2); alter table whole rename to broken`,
  )
  const ended = await run('up', '--allow-drift', 'what breaks it')
  expect([ended.exit, ended.stderr]).toEqual([
    1,
    expect.stringMatching(/Migration3.*failed: broken/),
  ])
  expect(await query(database.url, invalid)).toEqual([{ name: 'other_ccnew' }])
  await sql('drop table broken')
  await succeed('up')
  expect(await query(database.url, invalid)).toEqual([{ name: 'other_ccnew' }])
})
