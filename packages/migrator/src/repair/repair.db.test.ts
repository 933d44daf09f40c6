import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { readEverything, readSchema } from '../testing/database.ts'
import { query } from '../testing/query.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { findBookkeepingIssues } from './bookkeeping-issues.ts'
import { repair, type RepairRequest } from './repair.ts'
import { resolveInDoubt } from './resolve.ts'

const MIGRATIONS = {
  Migration1_jobs: { up: 'create table jobs (id int)', down: 'drop table jobs' },
  Migration2_note: {
    up: `alter table jobs add note text; update jobs set note = ''`,
    down: 'alter table jobs drop note',
  },
  Migration3_more: { up: 'create table more (n int)', down: 'drop table more' },
} satisfies Record<string, SqlMigration>

type ScratchProject = Awaited<ReturnType<typeof sqlProject>>

/** The first has its expected catalogs, the other none. */
let project: ScratchProject
let bare: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  project = await sqlProject(MIGRATIONS)
  bare = await sqlProject(MIGRATIONS)
  await recordExpectedCatalogs(project)
})

afterAll(() => Promise.all([project.drop(), bare.drop()]))

beforeEach(async () => {
  database = await createTestDatabase({ prepare: (url) => up(url, 'Migration1_jobs') })
})

afterEach(() => database.drop())

async function up(url: string, target: string, of: Project = project): Promise<void> {
  await run(of, databaseTarget(url), { direction: 'up', target })
}

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)

const record = (request: Omit<RepairRequest, 'reason'>, of: Project = project) =>
  repair(of, databaseTarget(database.url), { ...request, reason: 'by hand, at night' })

const recordApplied = (migration: string, of?: Project) =>
  record({ migration, record: 'applied' }, of)

/** Writes what a kill leaves in a statement that runs outside of a transaction. */
const interrupt = () =>
  sql(`insert into migrator.history (run, event, migration, direction, segment, segments, mode, statements)
    values (gen_random_uuid(), 'started', 'Migration3_more', 'up', 1, 1, 'outside', '[{"sql": "vacuum", "position": 0}]')`)

/** The error of a repair that changed nothing. */
async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  const before = await readEverything(database.url)
  const error: unknown = await work().then(
    () => 'it was recorded',
    (e) => e,
  )
  expect(await readEverything(database.url)).toEqual(before)
  return error
}

describe('an effect that was made by hand', () => {
  test('is recorded where the schema is the expected one, and what reverts it with it', async () => {
    await sql(
      'alter table jobs add note text; grant select on jobs to public; create table unmanaged (n int)',
    )
    const { differences } = await recordApplied('Migration2_note')
    expect(differences.map(({ identity }) => identity)).toEqual(['public.unmanaged', 'public.jobs'])
    expect(
      await sql(`select event, migration, note, final, definition->'down'->'statements' as undo from migrator.history
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
    expect(await sql('select name from mikro_orm_migrations order by id')).toEqual(
      Object.keys(MIGRATIONS).map((name) => ({ name })),
    )
  })

  test.each([
    ['is missing', 'select 1', /missing +column public\.jobs\.note/],
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
    expect(await refusal(() => recordApplied('Migration2_note'))).toMatchObject({
      code: 'REPAIR_DIFFERS',
      exit: 6,
      message: expect.stringMatching(difference),
    })
  })

  test('is recorded beside a change that was accepted before, and not beside another', async () => {
    const index = 'create index by_id on jobs (id)'
    await sql(`${index}; alter table jobs add note text`)
    expect(await refusal(() => recordApplied('Migration2_note'))).toMatchObject({
      code: 'REPAIR_DIFFERS',
    })
    await sql('alter table jobs drop note')
    const accept = { direction: 'up', target: 'Migration1_jobs', allowDrift: 'wanted' } as const
    await run(project, databaseTarget(database.url), accept)
    await sql('alter table jobs add note text; create index again on jobs (id)')
    expect(await refusal(() => recordApplied('Migration2_note'))).toMatchObject({
      code: 'REPAIR_DIFFERS',
      message: expect.stringMatching(/1 difference[^]*public\.again/),
    })
    await sql('drop index again')
    await recordApplied('Migration2_note')
  })

  test('is refused after a migration that is not applied, where it is applied, and where it is unknown', async () => {
    await sql('create table more (n int)')
    expect(await refusal(() => recordApplied('Migration3_more'))).toMatchObject({
      code: 'REPAIR_REFUSED',
      message: expect.stringMatching(/Migration2_note comes before it/),
    })
    expect(await refusal(() => recordApplied('Migration1_jobs'))).toMatchObject({
      code: 'REPAIR_REFUSED',
    })
    expect(await refusal(() => recordApplied('Migration9'))).toMatchObject({
      code: 'TARGET_UNKNOWN',
    })
  })

  test('is refused where the expected schema is unknown; another database may have it', async () => {
    await sql('alter table jobs add note text')
    expect(await refusal(() => recordApplied('Migration2_note', bare))).toMatchObject({
      code: 'EXPECTED_UNKNOWN',
    })
    await using model = await createTestDatabase()
    await up(model.url, 'Migration2_note')
    const expected = await readSchema(model.url)
    const request = { migration: 'Migration2_note', record: 'applied', expected } as const
    expect(await record(request, bare)).toEqual({ differences: [] })
  })
})

describe('a file that differs from the applied text', () => {
  let edited: ScratchProject

  beforeEach(async () => {
    const up = 'create table jobs (id int); select 1'
    edited = await sqlProject({ ...MIGRATIONS, Migration1_jobs: { up, down: 'drop table jobs' } })
    await recordExpectedCatalogs(edited)
  })

  afterEach(() => edited.drop())

  test('is accepted where the schema is the expected one', { tags: 'long' }, async () => {
    const accept = () => record({ migration: 'Migration1_jobs', record: 'checksum' }, edited)
    await expect(up(database.url, 'head', edited)).rejects.toMatchObject({ code: 'APPLIED_EDITED' })
    await sql('alter table jobs add other text')
    expect(await refusal(accept)).toMatchObject({ code: 'REPAIR_DIFFERS' })
    await sql('alter table jobs drop other')
    await accept()
    await up(database.url, 'head', edited)
    expect(await sql('select count(*)::int as n from mikro_orm_migrations')).toEqual([{ n: 3 }])
  })

  test('is refused where it does not differ', async () => {
    const request = { migration: 'Migration1_jobs', record: 'checksum' } as const
    expect(await refusal(() => record(request))).toMatchObject({ code: 'REPAIR_REFUSED', exit: 3 })
  })
})

describe('bookkeeping issues', () => {
  test(
    'are found with the migration, who applied it, and what is in doubt',
    { tags: 'long' },
    async () => {
      await up(database.url, 'Migration2_note')
      // What was applied twice has as many statements as before.
      const back = { direction: 'down', target: 'Migration1_jobs' } as const
      await run(project, databaseTarget(database.url), back)
      await up(database.url, 'Migration2_note')
      await sql(`insert into mikro_orm_migrations (name) values ('Migration8_stock')`)
      await interrupt()
      const { Migration2_note: _, ...known } = MIGRATIONS
      const older = await sqlProject(known)
      const found = await findBookkeepingIssues(older, databaseTarget(database.url))
      await older.drop()
      expect(found).toMatchObject([
        { kind: 'in-doubt', migration: 'Migration3_more', statement: 'vacuum' },
        {
          kind: 'unknown',
          migration: 'Migration2_note',
          by: { role: 'postgres', statements: 2, isUndoKept: true },
        },
        { kind: 'unknown', migration: 'Migration8_stock' },
      ])
    },
  )

  test.each([true, false])(
    'of a segment in doubt are resolved once: it took effect (%s)',
    async (tookEffect) => {
      await up(database.url, 'Migration2_note')
      await interrupt()
      const here = databaseTarget(database.url)
      expect(await findBookkeepingIssues(project, here)).toMatchObject([{ kind: 'in-doubt' }])
      await resolveInDoubt(project, here, 'Migration3_more', tookEffect)
      expect(await findBookkeepingIssues(project, here)).toEqual([])
      await expect(resolveInDoubt(project, here, 'Migration3_more', true)).rejects.toMatchObject({
        code: 'NOTHING_IN_DOUBT',
      })
      await up(database.url, 'head')
      expect(await sql(`select to_regclass('more') is not null as ran`)).toEqual([
        { ran: !tookEffect },
      ])
    },
  )
})
