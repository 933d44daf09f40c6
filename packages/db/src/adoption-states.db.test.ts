import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { adopted, DECIDE_B, emptyGenerationB, generationB, planned } from './testing/adopt.ts'
import { rows } from './testing/database.ts'
import { migrateTo } from './testing/migrate.ts'
import { migrationNames } from './migration-names.ts'

const FIRST = migrationNames[0] ?? ''

test('a database without awkward rows needs no decision', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: emptyGenerationB })
  const result = await adopted(database.url)
  expect(result).toMatchObject({ knownSchema: 'generation B', recorded: [FIRST] })
  const { plan } = await planned(database.url)
  expect(plan).toMatchObject({ isRecorded: true, pending: [], problems: [] })
  const [evidence] = await rows(
    database.url,
    `select facts from migrator.history where event = 'adopted'`,
  )
  expect(evidence?.['facts']).toMatchObject({
    knownSchema: 'generation B',
    before: result.before,
    after: result.after,
    decisions: {},
  })
})

test('an empty database is adopted by running everything', { tags: 'long' }, async () => {
  await using database = await createTestDatabase()
  const result = await adopted(database.url)
  expect(result.knownSchema).toBe('an empty database')
  expect(result.run.migrations.map(({ name }) => name)).toEqual(migrationNames)
})

test('a state of ours is known without its ledger, and by no other', { tags: 'long' }, async () => {
  await using database = await createTestDatabase()
  await migrateTo(database.url, 'index_reports_project')
  await rows(database.url, 'drop schema migrator cascade; drop table mikro_orm_migrations')
  const { plan } = await planned(database.url)
  expect(plan.recorded.at(-1)).toMatch(/index_reports_project$/)
  await adopted(database.url)
  // Each can be taken back, as if it had run here.
  await migrateTo(database.url, 'legacy_generation_b')
  expect((await planned(database.url)).plan).toMatchObject({ isRecorded: true })
})

test(
  'an adoption that was stopped goes on as it was decided, and asks about what came since',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: generationB })
    await expect(
      adopted(database.url, DECIDE_B, undefined, (event) => {
        if (event.type === 'migration-started') throw new Error('stopped')
      }),
    ).rejects.toThrow('stopped')
    await expect(migrateTo(database.url, 'head')).rejects.toMatchObject({
      code: 'ADOPTION_UNFINISHED',
      exit: 6,
    })
    await expect(adopted(database.url, ['jobs.status:null=set=dead'])).rejects.toMatchObject({
      code: 'ADOPTION_DECIDED',
    })
    await rows(
      database.url,
      `insert into jobs (type, payload, status) values ('fetch', '{}', null)`,
    )
    await expect(adopted(database.url, DECIDE_B.slice(0, 3))).rejects.toMatchObject({
      code: 'DECISIONS_MISSING',
      message: expect.stringContaining('jobs.status:null: 1 row'),
    })
    await adopted(database.url, ['jobs.status:null=set=dead'])
    expect(
      await rows(
        database.url,
        `select count(*)::int as n, status from jobs where type = 'fetch' group by 2`,
      ),
    ).toEqual([{ n: 1, status: 'dead' }])
    const [evidence] = await rows(
      database.url,
      `select facts from migrator.history where event = 'adopted'`,
    )
    expect(evidence?.['facts']).toMatchObject({
      knownSchema: 'generation B',
      decisions: { 'sources.project_id:null': 'placeholder', 'jobs.status:null': 'set=dead' },
    })
  },
)

test(
  'a stamp of another tool, or of our own ledger, is a hint and is not believed',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: emptyGenerationB })
    const names = migrationNames.map((name) => `('${name}')`).join(', ')
    await rows(
      database.url,
      `create table alembic_version (version_num varchar(32) primary key);
     insert into alembic_version values ('4f2a9c');
     create table knex_migrations (id serial primary key, name text, batch int, migration_time timestamptz);
     create table mikro_orm_migrations (id serial primary key, name varchar(255), executed_at timestamptz not null default current_timestamp);
     insert into mikro_orm_migrations (name) values ${names}`,
    )
    const { plan } = await planned(database.url)
    expect(plan.match).toMatchObject({ kind: 'known', schema: { name: 'generation B' } })
    expect(plan.otherLedgers).toMatchObject([
      { tool: 'Alembic', rows: [expect.stringContaining('4f2a9c')] },
      { tool: 'Knex' },
    ])
    expect(plan.contradicted).toEqual(migrationNames.slice(1))
    await adopted(database.url)
    expect(await rows(database.url, 'select * from alembic_version')).toEqual([
      { version_num: '4f2a9c' },
    ])
    expect(await rows(database.url, 'select distinct name from mikro_orm_migrations')).toHaveLength(
      migrationNames.length,
    )
  },
)
