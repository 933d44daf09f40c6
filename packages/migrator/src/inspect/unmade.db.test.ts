import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { hashProject } from '../project/hash.ts'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { migrate } from '../testing/cli.ts'
import { writeEntities, type Entity } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'
import { check } from './check.ts'

let scratch: ScratchProject
let database: TestDatabase
beforeEach(async () => {
  scratch = await scratchProject({})
  database = await createTestDatabase()
})
afterEach(async () => {
  await scratch.drop()
  await database.drop()
})

/** A configuration with these entities. Each has its own file: what is imported once stays as it was. */
async function withEntities(tables: Readonly<Record<string, Entity>>): Promise<string> {
  const config = join(dirname(scratch.config), `${randomUUID()}.config.ts`)
  await writeEntities(config, tables)
  return config
}

/** Writes a migration from the entities; returns its path. */
async function create(config: string, name: string): Promise<string> {
  const args = ['create', name, '--config', config, '--json']
  const { stdout } = await migrate(args, { DATABASE_URL: database.url })
  return JSON.parse(stdout).created
}

/** Creates a migration for the first entities and one for what is added to them, and deletes the second. */
async function deleteSecond(
  first: string,
  more: Readonly<Record<string, string>>,
): Promise<Project> {
  await create(await withEntities({ job: first }), 'first')
  const config = await withEntities(more)
  const path = await create(config, 'second')
  await rm(path)
  await rm(path.replace(/\.ts$/, '.json'))
  return mikroOrmProject(config)
}

const faults = async (project: Project, url?: string) =>
  (await check(project, url === undefined ? undefined : databaseTarget(url)))
    .filter(({ exit }) => exit !== 'done')
    .map(({ exit, says }) => `${exit}: ${says.split('\nWas')[0]}`)

const ADDED = [
  ['a column', { job: 'n: p.integer(), at: p.datetime()' }, ['job.at']],
  ['an index', { job: `n: p.integer().index('by_n')` }, ['job.by_n']],
  ['a table', { job: 'n: p.integer()', note: 'text: p.text()' }, ['note']],
  ['a foreign key', { job: `n: p.integer()`, note: `of: () => p.manyToOne('job')` }, ['note']],
] as const

test.each(briefly(ADDED))(
  '%s of a migration that was deleted is missed by check',
  async (_, more, names) => {
    const project = await deleteSecond('n: p.integer()', more)
    expect(await faults(project)).toEqual([
      expect.stringMatching(/^integrity: .*lists migrations that have no file/s),
    ])
    // A person, or a habit, rewrites the manifest.
    await hashProject(project)
    const says = `integrity: No migration makes what the snapshot of the entities has:\n${names.map((name) => `  ${name}`).join('\n')}`
    const target = databaseTarget(database.url)
    expect(await faults(project, database.url)).toEqual([expect.stringMatching(/^pending/)])
    await run(project, target, { direction: 'up', target: 'head' })
    expect(await faults(project, database.url)).toEqual([says])
    await recordExpectedCatalogs(project)
    expect(await faults(project)).toEqual([says])
    expect(await faults(project, database.url)).toEqual([says])
  },
)

test('what every kind of entity needs is found where a migration makes it', async () => {
  const config = await withEntities({
    a_table_of_a_name_that_is_as_long_as_a_name_can_be_in_postgresql:
      'a_column_of_a_name_that_is_as_long_as_a_name_can_be_in_postgres: p.integer().unique().index()',
    job: `n: p.integer().index('By "N"'), "odd Name": p.text(), "it's": p.text().unique(), code: p.text().unique()`,
    part: {
      properties: 'day: p.integer().primary()',
      options: `partitionBy: { type: 'range', expression: 'day', partitions: [{ name: 'part_0', values: 'from (0) to (9)' }] },`,
    },
  })
  await create(config, 'first')
  const project = mikroOrmProject(config)
  await recordExpectedCatalogs(project)
  expect(await faults(project)).toEqual([])
})

/** What is written into the migration in place of what was created, and what is found of it. */
const EDITS = [
  ['default 3', 'default 4', /changed +column public\.job\.n\n +default\n/],
  ['not null', 'null', /changed +column public\.job\.n\n +not null/],
  [`<> 'A'`, `<> 'a'`, /changed +constraint public\.job\.job_e_check\n/],
  [`'three'`, `'four'`, /changed +column public\.job\.n\n +comment/],
  ['unique ("u")', 'unique ("u", "n")', /changed +constraint public\.job\.job_u_unique\n/],
  ['n > 1', 'n > 2', /changed +index public\.job_n_index\n/],
  ['create index', 'select 1 -- create index', /missing +index public\.job_n_index/],
  // What an entity says by saying nothing.
  ['"o" text null', '"o" text not null', /changed +column public\.job\.o\n +not null/],
  ['"o" text null', `"o" text null default 'o'`, /changed +column public\.job\.o\n +default/],
  ['"w" text null', '"v" text null', /missing +column public\.job\.w: text\n/],
  ['on "job" ("o")', 'on "job" ("o") where n > 1', /changed +index public\.job_o\n +predicate/],
  ['("id");', '("id") on delete cascade;', /changed +constraint public\.job\.job_of_id_foreign/],
  ['("id");', '("id") not valid;', /changed +constraint public\.job\.job_of_id_foreign/],
] as const

const BY_HAND = [
  'create index by_hand on job (n)',
  'create function f() returns int language sql return 1',
  'alter table job add column by_hand int default 1',
  'grant select on job to public',
]

test(
  'what a migration makes in another way than the entities say is found where there is a server, and what it makes beside is not',
  { tags: 'long' },
  async () => {
    const properties = `n: p.integer().default(3).comment('three'), e: p.text().check("e <> 'A'"), u: p.text().unique(), o: p.text().nullable().index('job_o'), w: p.text().nullable(), of: () => p.manyToOne(entities.job)`
    const options = `indexes: [{ properties: ['n'], name: 'job_n_index', where: 'n > 1' }],`
    const config = await withEntities({ job: { properties, options } })
    const path = await create(config, 'first')
    const written = await readFile(path, 'utf8')
    const scratch = ['--scratch-url', database.url, '--config', config]
    const checked = async (text: string) => {
      await writeFile(path, text)
      await migrate(['hash', ...scratch])
      const { exit, stdout } = await migrate(['check', ...scratch])
      const again = await migrate(['create', ...scratch], { DATABASE_URL: database.url })
      expect([again.exit, /not equal to what the entities say/.test(again.stdout)]).toEqual([
        0,
        exit === 6,
      ])
      return [exit, stdout]
    }
    for (const [from, to, says] of briefly(EDITS)) {
      const found = await checked(written.replace(from, to))
      expect([to, ...found]).toEqual([to, 6, expect.stringMatching(says)])
    }
    const more = BY_HAND.map((sql) => `this.addSql(\`${sql}\`)\n`).join('')
    expect(await checked(written.replace(/(?=\n  }\n+  override down)/, `\n${more}`))).toEqual([
      0,
      expect.stringMatching(/^Whole/),
    ])
  },
)

const UNNAMED = `
  create function f() returns int language sql return 1;
  create function t() returns trigger language plpgsql as 'begin return new; end';
  create trigger by_hand before update on job for each row execute function t();
  create policy by_hand on job using (true);
  create view by_hand as select id from job;
  create type by_hand_kind as enum ('a')`

async function withoutSnapshot(properties: string): Promise<string> {
  const config = await withEntities({ job: properties })
  const text = await readFile(config, 'utf8')
  await writeFile(config, text.replace(`snapshotName: '.snapshot'`, 'snapshot: false'))
  return config
}

test('what is made by hand is left alone where a project compares with its database', async () => {
  const config = await withoutSnapshot('n: p.integer()')
  await create(config, 'first')
  await run(mikroOrmProject(config), databaseTarget(database.url), {
    direction: 'up',
    target: 'head',
  })
  await query(database.url, UNNAMED)
  const path = await create(await withoutSnapshot('n: p.integer(), m: p.integer().nullable()'), 'x')
  const [up = ''] = (await readFile(path, 'utf8')).split(' down()')
  expect(up.match(/addSql/g)).toHaveLength(1)
})

test('what an empty database refuses is said, and proves nothing', async () => {
  const config = await withEntities({ job: `n: p.integer().check('n > made_by_hand(1)')` })
  const path = await create(config, 'first')
  const scratch = ['--scratch-url', database.url, '--config', config]
  const made =
    'this.addSql(`create function made_by_hand(int) returns int language sql immutable return 1`)'
  await writeFile(path, (await readFile(path, 'utf8')).replace(/(?=this\.addSql)/, `${made}\n`))
  await migrate(['hash', ...scratch])
  expect(await migrate(['check', ...scratch])).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('function made_by_hand(integer) does not exist'),
  })
})

/** What MikroORM writes of each of them, PostgreSQL cannot read. */
const UNREADABLE: Readonly<Record<string, readonly [Entity, RegExp]>> = {
  'a Date': [
    `at: p.datetime().default(new Date(0))`,
    /default of job\.at is a Date.*defaultRaw: "'1970-01-01T00:00:00.000Z'"/,
  ],
  'a dot in a name': [`at: p.text().fieldName('a.b')`, /column a\.b of job has a dot/],
  'a collation of a key': [
    {
      properties: 'a: p.text()',
      options: `uniques: [{ name: 'u', properties: ['a'], columns: [{ name: 'a', collation: 'C' }] }],`,
    },
    /unique key u of job has a collation.*create unique index/,
  ],
  'a trigger that quotes': [
    {
      properties: 'a: p.text()',
      options: `triggers: [{ name: 't', timing: 'before', events: ['update'], body: 'perform $$a$$; return new' }],`,
    },
    /trigger t of job has \$\$ in it.*\$text\$/,
  ],
  'a quote that is open': [`a: p.text().defaultRaw("'a")`, /cannot read.*default 'a/],
}

test.each(Object.entries(UNREADABLE))(
  '%s is refused in one line that names it, and says what to write',
  async (_, [entity, says]) => {
    const config = await withEntities({ job: entity })
    const { exit, stderr } = await migrate(['create', 'first', '--config', config], {
      DATABASE_URL: database.url,
    })
    expect([exit, stderr.trim()]).toEqual([2, expect.stringMatching(says)])
    expect(stderr.trim()).not.toContain('\n')
  },
)
