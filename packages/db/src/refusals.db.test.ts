import { randomBytes } from 'node:crypto'

import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { readSchema, rows } from './testing/database.ts'
import { awkwardRows, before, head, migrateTo } from './testing/migrate.ts'
import { readColumns, readValues } from './testing/values.ts'

const rowsInGenerationB = async (url: string) => {
  await awkwardRows(url)
  await migrateTo(url, 'legacy_generation_b')
}
const requiredValues = async (url: string) => migrateTo(url, 'require_values')
const beforeKeysByHash = async (url: string) => migrateTo(url, before('key_sources_by_uri_hash'))

test(
  'refuses to begin where tables of these names are already there',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    await rows(
      database.url,
      'create table projects (id int); create view reports as select 1 as id',
    )
    expect(await refusal(database.url, 'head')).toEqual(['projects: 1', 'reports: 1'])
  },
)

test(
  'refuses NULLs in each of the 44 columns that become required, with counts',
  { tags: 'long' },
  async () => {
    await using atHead = await createTestDatabase({ prepare: head })
    await using database = await createTestDatabase({ prepare: rowsInGenerationB })
    const required = await tightened(database.url, atHead.url)
    expect(required.length).toBe(44)

    const nulls = required.map((column, index) => ({ ...column, count: (index % 2) + 1 }))
    const updates = nulls.map(
      ({ table, column, count }) =>
        `update ${table} set ${column} = null where ctid in (select ctid from ${table} limit ${count})`,
    )
    await rows(database.url, updates.join(';'))
    const counts = nulls.map(({ table, column, count }) => `${table}.${column}: ${count}`)
    expect(await refusal(database.url, 'head')).toEqual(counts.sort())
  },
)

test.for(['check_required_values', 'validate_required_values'])(
  'refuses one NULL before %s',
  async (migration) => {
    await using database = await createTestDatabase()
    await migrateTo(database.url, before(migration))
    // The CHECK of the migration before it lets no NULL in, but one may have been there.
    await rows(
      database.url,
      `alter table jobs drop constraint if exists jobs_status_is_set;
       insert into jobs (type, payload, status) values ('extract', '{}', null), ('extract', '{}', 'queued')`,
    )
    expect(await refusal(database.url, migration)).toEqual(['jobs.status: 1'])
  },
)

test.for(['check_vocabularies', 'validate_vocabularies'])(
  'refuses words outside of the vocabularies and shares outside of 0 to 1 before %s',
  { tags: 'long' },
  async (migration) => {
    await using database = await createTestDatabase({ prepare: requiredValues })
    await migrateTo(database.url, before(migration))
    await rows(database.url, STRANGERS)
    expect(await refusal(database.url, migration)).toEqual([
      'extractions.confidence: 4',
      'facts.confidence: 1',
      'jobs.status: 3',
      'jobs.type: 2',
      'profiles.depth: 1',
      'sources.source_type: 2',
      'sources.status: 1',
    ])
  },
)

/** Rows that were there before the CHECKs, which the second migration only validates. */
const STRANGERS = `
  alter table jobs drop constraint if exists jobs_status_check, drop constraint if exists jobs_type_check;
  alter table sources drop constraint if exists sources_status_check, drop constraint if exists sources_source_type_check;
  alter table profiles drop constraint if exists profiles_depth_check;
  alter table extractions drop constraint if exists extractions_confidence_check;
  alter table facts drop constraint if exists facts_confidence_check;
  insert into jobs (type, status, payload) values
    ('extract', 'Queued', '{}'), ('extract', '', '{}'), ('extract', 'queued ', '{}'), ('legacy_import', 'dead', '{}'), ('', 'failed', '{}');
  insert into projects (name, extraction_schema) values ('p', '{}');
  insert into sources (project_id, uri, source_group, status, source_type)
    select id, 'a', 'g', 'completed', 'web' from projects union all
    select id, 'b', 'g', 'ready', 'WEB' from projects union all
    select id, 'c', 'g', 'ready', 'html' from projects;
  insert into profiles (name, categories, prompt_focus, depth) values ('p', '{}', '', 'deep'), ('q', '{}', '', 'summary');
  insert into extractions (project_id, source_id, data, extraction_type, source_group, confidence)
    select project_id, id, '{}', 't', 'g', confidence from sources, unnest(array[0, 1, null, 0.5, 17, -0.001, 'NaN', 'Infinity']::float8[]) as confidence
    where uri = 'a';
  insert into pages (url, domain, company) values ('u', 'd', 'c');
  insert into facts (page_id, fact_text, category, profile_used, confidence) select id, '', '', '', 1.0000000000000002 from pages;`

// Found by Marc Stevens in 2024: two texts of one md5.
const COLLISION = ['A', 'E'].map(
  (letter) => `TEXTCOLLBYfGiJUETHQ4h${letter}cKSMd5zYpgqf1YRDhkmxHkhPWptrkoyz28wnI9V0aHeAuaKnak`,
)

test('refuses URIs of one project that share their md5', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: beforeKeysByHash })
  await migrateTo(database.url, before('key_sources_by_uri_hash'))
  for (const uri of COLLISION) await insertSource(database.url, uri)
  expect(await refusal(database.url, 'key_sources_by_uri_hash')).toEqual(['sources.uri: 1'])
})

test('refuses URLs of pages that share their md5', async () => {
  await using database = await createTestDatabase({ prepare: beforeKeysByHash })
  await migrateTo(database.url, before('key_pages_by_url_hash'))
  for (const url of COLLISION) await insertPage(database.url, url)
  expect(await refusal(database.url, 'key_pages_by_url_hash')).toEqual(['pages.url: 1'])
})

test.for([
  ['sources', 'sources_project_id_uri_md5_key'],
  ['pages', 'pages_url_md5_key'],
] as const)(
  'refuses to drop the raw key of %s while its successor is no use',
  async ([table, key]) => {
    await using database = await createTestDatabase({ prepare: beforeKeysByHash })
    await migrateTo(database.url, before(`drop_raw_key_of_${table}`))
    await rows(
      database.url,
      `update pg_index set indisvalid = false where indexrelid = '${key}'::regclass`,
    )
    expect(await refusal(database.url, `drop_raw_key_of_${table}`)).toEqual([
      `${key} is valid: false`,
    ])
  },
)

test(
  'takes a URI of any length, and refuses to go below what the raw key holds',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: head })
    await insertSource(database.url, noise(2676))
    await migrateTo(database.url, before('drop_raw_key_of_sources'))
    await migrateTo(database.url, 'drop_raw_key_of_sources')

    await insertSource(database.url, noise(2677))
    await expect(
      rows(database.url, 'create unique index on sources (project_id, uri)'),
    ).rejects.toThrow('index row size 2712 exceeds btree version 4 maximum 2704')
    await insertSource(database.url, noise(100_000))
    expect(await refusal(database.url, before('drop_raw_key_of_sources'))).toEqual([
      'sources.uri: 2',
    ])
  },
)

test(
  'takes a URL of any length, and refuses to go below what the raw key holds',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: head })
    await insertPage(database.url, noise(2692))
    await migrateTo(database.url, before('drop_raw_key_of_pages'))
    await migrateTo(database.url, 'drop_raw_key_of_pages')

    await insertPage(database.url, noise(2693))
    await expect(rows(database.url, 'create unique index on pages (url)')).rejects.toThrow(
      'index row size 2712 exceeds btree version 4 maximum 2704',
    )
    await insertPage(database.url, noise(100_000))
    expect(await refusal(database.url, before('drop_raw_key_of_pages'))).toEqual(['pages.url: 2'])
  },
)

test('refuses to go back to defaults of an extension that is gone', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: head })
  await migrateTo(database.url, 'default_ids_to_gen_random_uuid')
  await rows(database.url, 'drop extension "uuid-ossp"')
  expect(await refusal(database.url, before('default_ids_to_gen_random_uuid'))).toEqual([
    'uuid_generate_v4(): false',
  ])
})

/** The counts that a migration is refused with, each on a column of its own; the database stays as it was. */
async function refusal(url: string, target: string): Promise<string[]> {
  const was = await everything(url)
  const message = await migrateTo(url, target).then(
    () => 'not refused',
    (error: Error) => error.message,
  )
  expect(await everything(url)).toEqual(was)
  return message.match(/\w[\w.]*(\(\)| is valid)?: (\d+|false)/g)?.sort() ?? [message]
}

async function everything(url: string) {
  const [ledger] = await rows(url, `select to_regclass('mikro_orm_migrations') as name`)
  return {
    schema: await readSchema(url),
    values: await readValues(url, await readColumns(url)),
    applied: ledger?.['name'] ? await rows(url, 'select name from mikro_orm_migrations') : [],
  }
}

/** The columns that may be NULL in one database and not in the other. */
async function tightened(from: string, to: string) {
  const required = new Set(
    (await readColumns(to)).filter((c) => !c.nullable).map((c) => `${c.table}.${c.column}`),
  )
  return (await readColumns(from)).filter(
    (c) => c.nullable && required.has(`${c.table}.${c.column}`),
  )
}

async function insertSource(url: string, uri: string): Promise<void> {
  await rows(
    url,
    `insert into projects (name, extraction_schema) values ('p', '{}') on conflict (name) do nothing`,
  )
  await rows(
    url,
    `insert into sources (project_id, uri, source_group) select id, $1, 'g' from projects`,
    [uri],
  )
}

async function insertPage(url: string, pageUrl: string): Promise<void> {
  await rows(url, `insert into pages (url, domain, company) values ($1, 'd', 'c')`, [pageUrl])
}

/** A text that PostgreSQL cannot compress. */
const noise = (length: number) => randomBytes(length).toString('base64url').slice(0, length)
