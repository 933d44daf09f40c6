import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { writeEntities } from '../testing/entities.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/*
 * Where a project keeps no snapshot, `create` compares with the database, in which what entities made and what was made by
 * hand stand side by side: what is by hand stays.
 */

let project: ScratchProject
let database: TestDatabase
beforeEach(async () => {
  ;[project, database] = [await scratchProject({}), await createTestDatabase()]
})
afterEach(async () => {
  await Promise.all([project.drop(), database.drop()])
})

async function entities(job: string): Promise<void> {
  await writeEntities(project.config, { owner: 'name: p.text()', job })
  const config = await readFile(project.config, 'utf8')
  await writeFile(project.config, config.replace(`snapshotName: '.snapshot'`, 'snapshot: false'))
}

async function done(...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await migrate([...args, '--config', project.config], {
    DATABASE_URL: database.url,
  })
  expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  return stdout
}

const BY_HAND = [
  'create index by_hand on job (title)',
  'create unique index by_hand_lower on job (lower(title)) where n > 0',
  'create index job_n_idx on job (n)',
  'create index by_hand_gin on job using gin (to_tsvector($$english$$, title))',
  'alter table job add constraint by_hand_check check (n < 100)',
  'alter table job add check (n > -5)',
  'alter table job add constraint both_columns check (n < length(title))',
  'alter table job add constraint by_hand_unique unique (title, n)',
  'alter table job add constraint by_hand_owner foreign key (n) references owner (id)',
  'alter table job add constraint by_hand_apart exclude using gist (int4range(n, n + 1) with &&)',
]

test('what is made by hand is never proposed for a drop, and what an entity has lost is', async () => {
  await entities(
    `title: p.text().index(), n: p.integer().unique(), e: p.enum(['a', 'b']), owner: () => p.manyToOne(entities.owner)`,
  )
  await done('create', 'first')
  await project.write('Migration29990101000000_by_hand', { up: BY_HAND })
  await done('hash')
  await done('up')
  expect(await done('create', 'second')).toMatch(/Nothing has changed/)

  await entities(
    `title: p.text(), n: p.integer(), e: p.text(), owner: p.integer().name('owner_id')`,
  )
  const { created, others = [] } = JSON.parse(await done('create', 'second', '--json'))
  const paths = [created, ...others.map(({ path }: { path: string }) => path)]
  const text = (await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('\n')
  const ups = text.split('override up()').map((part) => part.split(' down()')[0] ?? '')
  const dropped = ups
    .join('\n')
    .matchAll(/drop (?:constraint|index concurrently)(?: if exists)? \\?"(\w+)/g)
  expect([...dropped].map(([, name = '']) => name).toSorted()).toEqual([
    'job_e_check',
    'job_n_unique',
    'job_owner_id_foreign',
    'job_title_index',
  ])
  await done('up', '--yes')
})

test('a table that no migration has made is not one of an entity that went', async () => {
  await query(database.url, 'create table other (id int); create schema own create table t ()')
  await entities('title: p.text()')
  await done('create', 'first')
  await done('up')
  expect(await done('create', 'second')).toMatch(/Nothing has changed/)
})

test('a schema in which entities have no table stays theirs', async () => {
  await entities(`e: p.enum(['a', 'b']).nativeEnumName('kinds.kind')`)
  await done('create', 'first')
  await done('up')
  expect(await query(database.url, `select 'b'::kinds.kind as e`)).toEqual([{ e: 'b' }])
  expect(await done('create', 'second')).toMatch(/Nothing has changed/)
})

test('row security stays, and a primary key keeps the name that another tool has given it', async () => {
  await entities(`title: p.text()`)
  await done('create', 'first')
  await done('up')
  await query(
    database.url,
    `alter table job rename constraint job_pkey to "PK_Job"; alter table job enable row level security, force row level security;
     create policy by_hand on job using (title <> 'secret')`,
  )
  expect(await done('create', 'second')).toMatch(/Nothing has changed/)

  await entities(`title: p.text(), more: p.text().nullable()`)
  await done('create', 'third')
  await done('up', '--allow-drift', 'by hand')
  const [kept] = await query(
    database.url,
    `select relrowsecurity as enabled, relforcerowsecurity as forced, (select conname from pg_constraint where conrelid = c.oid and contype = 'p') as key
       from pg_class c where oid = 'job'::regclass`,
  )
  expect(kept).toEqual({ enabled: true, forced: true, key: 'PK_Job' })
})
