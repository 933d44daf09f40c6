import {
  databaseTarget,
  diagnose,
  readApplicationCatalog,
  repair,
  run,
  withConnection,
} from '@techfacts/migrator'
import { serializeCatalog } from '@techfacts/migrator/catalog'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { printDatabase } from '../../testing/database-print.ts'
import { query } from '../../testing/query.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

/** Its expected catalogs are committed; the other one keeps none. */
let project: ScratchProject
let bare: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  bare = await scratchProject({
    Migration1_jobs: { up: ['create table jobs (id int)'], down: ['drop table jobs'] },
    Migration2_note: {
      up: ['alter table jobs add note text', `update jobs set note = ''`],
      down: ['alter table jobs drop note'],
    },
    Migration3_more: { up: ['create table more (n int)'], down: ['drop table more'] },
  })
  project = await bare.copy()
  const folder = join(dirname(project.config), 'catalogs')
  await mkdir(folder)
  await using model = await createTestDatabase()
  for (const name of ['Migration1_jobs', 'Migration2_note', 'Migration3_more']) {
    await up(model.url, name)
    await writeFile(join(folder, `${name}.jsonl`), await catalogOf(model.url))
  }
})

afterAll(() => Promise.all([project.drop(), bare.drop()]))

beforeEach(async () => {
  database = await createTestDatabase({ prepare: first })
})

afterEach(() => database.drop())

async function first(url: string): Promise<void> {
  await up(url, 'Migration1_jobs')
}

async function up(url: string, target: string): Promise<void> {
  await run(mikroOrmProject(project.config), databaseTarget(url), { direction: 'up', target })
}

async function catalogOf(url: string): Promise<string> {
  return withConnection(databaseTarget(url), async (client) =>
    serializeCatalog(await readApplicationCatalog(client, { table: 'mikro_orm_migrations' })),
  )
}

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)

const say = (migration: string, record: 'applied' | 'checksum', config = project.config) =>
  repair(mikroOrmProject(config), databaseTarget(database.url), {
    migration,
    record,
    reason: 'by hand, at night',
  })

/** As a program, in the project that keeps no expected catalogs. */
function byHand(...args: string[]) {
  const env = { DATABASE_URL: database.url, MIGRATE_CONFIG: bare.config }
  return migrate(['repair', 'Migration2_note', '--applied', ...args], env)
}

/** A refusal that changed nothing. */
async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  const before = await printDatabase(database.url)
  const error: unknown = await work().then(
    () => 'it was recorded',
    (e) => e,
  )
  expect(await printDatabase(database.url)).toBe(before)
  return error
}

describe('an effect that was made by hand', () => {
  test('is recorded where the schema is what is expected, and its undo with it', async () => {
    await sql(
      'alter table jobs add note text; grant select on jobs to public; create table theirs (n int)',
    )
    const { differences } = await say('Migration2_note', 'applied')
    expect(differences.map(({ identity }) => identity)).toEqual(['public.theirs', 'public.jobs'])
    expect(
      await sql(`select event, migration, note, final, undo->'down'->'statements' as undo from migrator.journal
                  where event = 'repaired'`),
    ).toEqual([
      {
        event: 'repaired',
        migration: 'Migration2_note',
        note: 'by hand, at night',
        final: true,
        undo: ['alter table jobs drop note'],
      },
    ])
    await up(database.url, 'head')
    expect(await sql('select name from mikro_orm_migrations order by id')).toEqual([
      { name: 'Migration1_jobs' },
      { name: 'Migration2_note' },
      { name: 'Migration3_more' },
    ])
  })

  test.each([
    ['is not there', 'select 1', /missing +column public\.jobs\.note/],
    [
      'is another',
      'alter table jobs add note varchar',
      /column public\.jobs\.note[\s\S]*character varying/,
    ],
    [
      'is not alone',
      'alter table jobs add note text, add other text',
      /extra +column public\.jobs\.other/,
    ],
  ])('is refused where it %s', async (_, change, difference) => {
    await sql(change)
    expect(await refusal(() => say('Migration2_note', 'applied'))).toMatchObject({
      code: 'REPAIR_DIFFERS',
      exit: 6,
      message: expect.stringMatching(difference),
    })
  })

  test('is refused where another comes before it, where it is applied, and where nobody knows it', async () => {
    await sql('create table more (n int)')
    expect(await refusal(() => say('Migration3_more', 'applied'))).toMatchObject({
      code: 'REPAIR_REFUSED',
      message: expect.stringMatching(/Migration2_note comes before it/),
    })
    expect(await refusal(() => say('Migration1_jobs', 'applied'))).toMatchObject({
      code: 'REPAIR_REFUSED',
    })
    expect(await refusal(() => say('Migration9', 'applied'))).toMatchObject({
      code: 'TARGET_UNKNOWN',
    })
  })

  test('is refused where nothing tells what is expected; another database may', async () => {
    await sql('alter table jobs add note text')
    expect(await refusal(() => say('Migration2_note', 'applied', bare.config))).toMatchObject({
      code: 'EXPECTED_UNKNOWN',
      message: expect.stringContaining('--expect'),
    })
    await using model = await createTestDatabase()
    await up(model.url, 'Migration2_note')
    expect((await byHand('--expect', model.url)).exit).toBe(2)
    const done = await byHand('--expect', model.url, '--reason', 'at night')
    expect([done.exit, done.stdout]).toEqual([0, 'Recorded: Migration2_note is applied.\n'])
  })
})

describe('a text that is not what was applied', () => {
  let edited: ScratchProject

  beforeEach(async () => {
    edited = await project.copy()
    await edited.write('Migration1_jobs', {
      up: ['create table jobs (id int)', 'select 1'],
      down: ['drop table jobs'],
    })
    await edited.lock()
  })

  afterEach(() => edited.drop())

  test('is taken for it with a reason, where the schema is what is expected', async () => {
    const request = { direction: 'up', target: 'head' } as const
    const go = () => run(mikroOrmProject(edited.config), databaseTarget(database.url), request)
    await expect(go()).rejects.toMatchObject({ code: 'APPLIED_EDITED' })
    await sql('alter table jobs add other text')
    expect(await refusal(() => say('Migration1_jobs', 'checksum', edited.config))).toMatchObject({
      code: 'REPAIR_DIFFERS',
    })
    await sql('alter table jobs drop other')
    await say('Migration1_jobs', 'checksum', edited.config)
    expect((await go()).migrations).toHaveLength(2)
  })

  test('is refused where it is what was applied', async () => {
    expect(await refusal(() => say('Migration1_jobs', 'checksum'))).toMatchObject({
      code: 'REPAIR_REFUSED',
      exit: 3,
    })
  })
})

test('what needs a person is explained: who, when, and what to do', async () => {
  const env = { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config }
  expect((await migrate(['repair'], env)).stdout).toBe('Nothing needs a person.\n')
  await up(database.url, 'Migration2_note')
  await sql(`insert into mikro_orm_migrations (name) values ('Migration8_stock')`)
  await sql(`insert into migrator.journal (run, event, migration, direction, segment, segments, mode, statements)
    values (gen_random_uuid(), 'started', 'Migration3_more', 'up', 1, 1, 'outside', '[{"sql": "vacuum", "position": 0}]')`)
  const older = await project.copy()
  try {
    await older.remove('Migration2_note')
    await older.lock()
    const found = await diagnose(mikroOrmProject(older.config), databaseTarget(database.url))
    expect(found).toMatchObject([
      { kind: 'in-doubt', migration: 'Migration3_more', statement: 'vacuum' },
      {
        kind: 'unknown',
        migration: 'Migration2_note',
        by: { role: 'postgres', statements: 2, isUndoKept: true },
      },
      { kind: 'unknown', migration: 'Migration8_stock' },
    ])
    const { exit, stdout } = await migrate(['repair', '--config', older.config], env)
    expect(exit).toBe(6)
    expect(stdout).toMatch(
      /Migration2_note is applied, and this build has no file of it\n {2}Applied \d{4}-.* by postgres/,
    )
    expect(stdout).toMatch(/Migration8_stock[\s\S]*another tool did it/)
    expect(stdout).toMatch(/Migration3_more is in doubt[\s\S]*--not-applied/)
  } finally {
    await older.drop()
  }
})
