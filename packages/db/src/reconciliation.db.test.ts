import { readReconciliation, writeReconciliation } from '@techfacts/migrator/adopt'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { adopted, emptyGenerationB, planned } from './testing/adopt.ts'
import { everything } from './testing/account.ts'
import { differences, readSchema, rows } from './testing/database.ts'
import { head } from './testing/migrate.ts'

/** Refused without a trace; then what `--write-reconcile` writes. */
async function refusedThenWritten(database: TestDatabase): Promise<string> {
  const was = await everything(database.url)
  await expect(adopted(database.url)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN', exit: 6 })
  expect(await everything(database.url)).toEqual(was)
  const { plan, live, knownSchemas } = await planned(database.url)
  if (plan.match.kind !== 'unknown') throw new Error('The database is known.')
  expect(plan.match.nearest.name).toBe('generation B')
  return writeReconciliation(plan.match, plan.fingerprint, live, knownSchemas)
}

async function beyondHead(database: TestDatabase): Promise<string[]> {
  await using fresh = await createTestDatabase({ prepare: head })
  return differences(await readSchema(database.url), await readSchema(fresh.url)).sort()
}

const reviewed = async (text: string) => readReconciliation(text, 'reconcile.sql')

test('a column, an index and a table made by hand are kept, and recorded', async () => {
  await using database = await createTestDatabase({ prepare: emptyGenerationB })
  await rows(
    database.url,
    `alter table jobs add column note text not null default 'by hand';
     create index by_hand on reports (title);
     create table notes (id serial primary key, job_id uuid references jobs on delete cascade, text text);
     insert into jobs (type, status, payload, note) values ('extract', null, '{}', 'mine');
     insert into notes (job_id, text) select id, 'kept' from jobs`,
  )
  const text = await refusedThenWritten(database)
  expect(text).toMatch(/^-- keeps column public\.jobs\.note, which no migration makes$/m)
  const file = await reviewed(text)
  expect(file.statements).toEqual([])

  // What is not known goes along with what it belongs to.
  await expect(adopted(database.url, [], file)).rejects.toMatchObject({
    code: 'DECISIONS_MISSING',
  })
  await adopted(database.url, ['jobs.status:null=quarantine'], file)
  expect(
    await rows(database.url, 'select relation, row from migrator.quarantine order by id'),
  ).toMatchObject([
    { relation: 'public.jobs', row: { note: 'mine' } },
    { relation: 'public.notes', row: { text: 'kept' } },
  ])
  expect(await beyondHead(database)).toEqual([
    'extra column public.jobs.note',
    'extra index public.by_hand',
    'extra table public.notes',
  ])
  const [evidence] = await rows(
    database.url,
    `select facts from migrator.history where event = 'adopted'`,
  )
  expect(evidence?.['facts']).toMatchObject({
    unmanaged: expect.arrayContaining([
      'column public.jobs.note',
      'index public.by_hand',
      'table public.notes',
    ]),
  })
})

test('a changed type is converted only where a person has said so', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: emptyGenerationB })
  await rows(
    database.url,
    `alter table reports alter column format type varchar(10);
     insert into reports (type, format) values ('single', 'html')`,
  )
  const text = await refusedThenWritten(database)
  expect(text).toContain(
    '-- REVIEW: column public.reports.format: type is "character varying(10)", should be "text"',
  )
  const was = await everything(database.url)
  await expect(adopted(database.url, [], await reviewed(text))).rejects.toMatchObject({
    code: 'ADOPTION_DIFFERS',
    exit: 6,
  })
  const { schemas: _, ...now } = await everything(database.url)
  expect(now).toEqual({ schema: was.schema, images: was.images })
  await adopted(database.url, [], await reviewed(text.replace('-- alter table', 'alter table')))
  expect(await beyondHead(database)).toEqual([])
  expect(await rows(database.url, 'select format from reports')).toEqual([{ format: 'html' }])
})

test('a missing index is made', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: emptyGenerationB })
  await rows(database.url, 'drop index idx_extractions_data, idx_jobs_status')
  const file = await reviewed(await refusedThenWritten(database))
  expect(file.statements).toEqual([
    'create index "idx_extractions_data" on public.extractions using gin (data)',
    'create index "idx_jobs_status" on public.jobs using btree (status)',
  ])
  await adopted(database.url, [], file)
  expect(await beyondHead(database)).toEqual([])
})

test(
  'a missing key, column and table are made, and rows that do not fit are a problem',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: emptyGenerationB })
    await rows(
      database.url,
      `alter table sources drop constraint sources_project_id_fkey;
     alter table profiles drop constraint profiles_name_key, alter column depth drop not null;
     drop table rate_limits;
     alter table reports drop column format;
     insert into sources (project_id, uri, source_group) values (gen_random_uuid(), 'u', 'g');
     insert into profiles (name, categories, prompt_focus, depth) values ('p', '{}', '1', 'summary'), ('p', '{}', '2', null);
     insert into reports (type) values ('single')`,
    )
    const file = await reviewed(await refusedThenWritten(database))
    const { plan } = await planned(database.url, [], file)
    expect(plan.problems.map(({ name, count }) => `${name} ${count}`).sort()).toEqual([
      'profiles.depth:null 1',
      'profiles_name_key:duplicate 1',
      'sources.project_id:orphan 1',
    ])
    await adopted(
      database.url,
      [
        'sources.project_id:orphan=placeholder',
        'profiles.depth:null=set=detailed',
        'profiles_name_key:duplicate=quarantine',
      ],
      file,
    )
    expect(await beyondHead(database)).toEqual([])
    expect(
      await rows(
        database.url,
        'select name from sources join projects on projects.id = project_id',
      ),
    ).toEqual([{ name: 'adopted' }])
    expect(await rows(database.url, 'select format from reports')).toEqual([{ format: 'md' }])
  },
)

test(
  'names of indexes and constraints are no difference, and become those that the migrations know',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: emptyGenerationB })
    await rows(
      database.url,
      `alter index idx_projects_name rename to ix_projects_name;
     alter table sources rename constraint sources_project_id_fkey to fk_sources_project;
     alter table pages rename constraint pages_url_key to uq_pages_url`,
    )
    const { plan } = await planned(database.url)
    expect(plan.match).toMatchObject({ kind: 'known', schema: { name: 'generation B' } })
    expect(plan.problems).toEqual([])
    await adopted(database.url)
    expect(await beyondHead(database)).toEqual([])
  },
)

test(
  'an index by the name of one to come is set aside, not taken for it',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: emptyGenerationB })
    await rows(database.url, 'create index idx_reports_project on reports (project_id)')
    const file = await reviewed(await refusedThenWritten(database))
    await adopted(database.url, [], file)
    expect(await beyondHead(database)).toEqual(['extra index public.idx_reports_project_by_hand'])
  },
)

test('a file is for the database that it was written for', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: emptyGenerationB })
  await rows(database.url, 'create table notes (n int)')
  const file = await reviewed(await refusedThenWritten(database))
  await rows(database.url, 'create table more_notes (n int)')
  await expect(planned(database.url, [], file)).rejects.toMatchObject({
    code: 'RECONCILIATION_STALE',
  })
  await expect(reviewed('select 1')).rejects.toMatchObject({ code: 'RECONCILIATION_UNREADABLE' })
})
