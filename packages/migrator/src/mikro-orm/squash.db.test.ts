import { briefly, createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog, type Catalog } from '../catalog/index.ts'
import { applicationName, readGate } from '../gate/index.ts'
import { check } from '../inspect/check.ts'
import { status } from '../inspect/status.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'
import { mikroOrmProject } from './project.ts'
import { squash } from './squash.ts'

// A chain of migrations of every kind, and databases that are anywhere between them when it is squashed.

const CODE = `import { Migration } from '@mikro-orm/migrations'
export class Code extends Migration {
  override async up() {
    const [{ n }] = await this.execute('select count(*)::int as n from item')
    await this.execute('insert into item (name) values (?)', ['code: ' + n])
    await this.execute("update item set name = name || '!' where name = 'b'")
  }
  override async down() {
    await this.execute("delete from item where name like 'code:%'")
  }
}
`

const CHAIN = {
  M1: {
    up: [
      `create table item (id serial primary key, name text not null, at timestamptz default clock_timestamp(), legacy int)`,
      `create type mood as enum ('ok')`,
      'comment on table item is $$a `quoted` \\ comment\r\nfor ${nobody}$$',
    ],
    down: ['drop table item', 'drop type mood'],
  },
  M2: {
    up: [
      `set search_path = pg_catalog, public`,
      `insert into item (name) values ('a'), ('b')`,
      `select set_config('app.tenant', 'one', true)`,
    ],
    down: [`delete from item where name in ('a', 'b')`],
  },
  M3: {
    up: [
      `alter type mood add value 'sad'`,
      `create function twice(n int) returns int language sql immutable as $$ select n * 2 $$`,
      `create table felt (mood mood default 'sad', tenant text default coalesce(nullif(current_setting('app.tenant', true), ''), 'none'))`,
    ],
    down: ['drop table felt', 'drop function twice'],
  },
  M5: {
    up: ['create index concurrently item_name on item (name)'],
    down: ['drop index item_name'],
  },
  M6: {
    up: ['alter table item drop column legacy'],
    down: ['alter table item add column legacy int'],
    members: `  phase = 'contract' as const\n  requires() { return [{ query: 'select 0 as "rows"', says: 'none' }] }`,
  },
  M7: { up: ['create table later (n int)'], down: ['drop table later'] },
} as const

const PARTS = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6']

let before: ScratchProject
let after: ScratchProject
let server: TestDatabase
/** Where the chain began with the squash, and its schema. */
let fresh: string
let head: Catalog
/** After three of the parts. */
let atThird: Catalog
const databases: TestDatabase[] = []
const made: ScratchProject[] = []

const projectOf = ({ config }: ScratchProject) => mikroOrmProject(config)

const squashUntil = (project: ScratchProject, until: string | readonly string[]) =>
  squash(
    (work) => work(projectOf(project)),
    until,
    (work) => work(databaseTarget(server.url)),
  )

beforeAll(async () => {
  server = await createTestDatabase()
  before = await scratchProject(CHAIN)
  await before.writeRaw('M4.ts', CODE)
  await before.lock()
  after = await before.copy()
  made.push(before, after)
  await squashUntil(after, 'M6')
  fresh = await databaseAt(0)
  await up(after, fresh)
  head = await catalogOf(fresh)
  atThird = await catalogOf(await databaseAt(3))
})
afterAll(async () => {
  await Promise.all([server, ...databases].map((database) => database.drop()))
  await Promise.all(made.map((project) => project.drop()))
})

/** A database in which so many of the migrations are applied, with a row of a user. */
async function databaseAt(count: number, project = before): Promise<string> {
  const database = await createTestDatabase()
  databases.push(database)
  const target = [...PARTS, 'M7'][count - 1] ?? 'base'
  if (count > 0) {
    await up(project, database.url, target)
    await query(database.url, `insert into item (name) values ('user')`)
  }
  return database.url
}

const up = (project: ScratchProject, url: string, target = 'head') =>
  run(projectOf(project), databaseTarget(url), { direction: 'up', target })
const down = (project: ScratchProject, url: string, target: string) =>
  run(projectOf(project), databaseTarget(url), {
    direction: 'down',
    target,
    yes: true,
    lose: 'what cannot be kept',
  })

const ledger = async (url: string) =>
  (await query<{ name: string }>(url, 'select name from mikro_orm_migrations order by id')).map(
    ({ name }) => name,
  )

async function catalogOf(url: string): Promise<Catalog> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await readCatalog(client, { exclude: ['migrator', 'migrator_archive'] })
  } finally {
    await client.end()
  }
}

const names = async (url: string) =>
  (await query<{ name: string }>(url, 'select name from item order by name')).map(
    ({ name }) => name,
  )

test('the files: one takes the place of the others, which are beside it', async () => {
  expect(await ledger(fresh)).toEqual(['M6_squash', 'M7'])
  expect(await names(fresh)).toEqual(['a', 'b!', 'code: 2'])
  const folder = join(dirname(after.config), 'migrations')
  expect((await readdir(folder)).toSorted()).toEqual([
    'M6_squash.json',
    'M6_squash.ts',
    'M7.json',
    'M7.ts',
  ])
  expect((await readdir(`${folder}-squashed`)).filter((file) => file.endsWith('.ts'))).toEqual(
    PARTS.map((name) => `${name}.ts`),
  )
  const findings = await check(projectOf(after), undefined)
  expect(findings.filter(({ exit }) => exit !== 'done')).toEqual([])
})

test('a database that began with it cannot go back past it', async () => {
  await down(after, fresh, 'M6_squash')
  for (const target of ['base', 'M3'])
    await expect(down(after, fresh, target)).rejects.toMatchObject({ exit: 3 })
  await expect(down(after, fresh, 'base')).rejects.toThrow(
    'M6_squash cannot be reverted: this database began with this squash',
  )
  expect(await ledger(fresh)).toEqual(['M6_squash'])
})

test.each(briefly([3, 1, 2, 4, 5, 6, 7]))(
  'a database with %i of them reaches head, and goes back where it went part by part',
  async (count) => {
    const url = await databaseAt(count)
    const rows = await names(url)
    expect(await up(after, url)).toMatchObject({ squashes: ['M6_squash'] })
    expect(await up(after, url)).not.toHaveProperty('squashes')
    expect(await ledger(url)).toEqual(['M6_squash', 'M7'])
    expect(await catalogOf(url)).toEqual(head)
    expect(await names(url)).toEqual(expect.arrayContaining(rows.filter((name) => name !== 'b')))
    const { migrations, pending } = await status(projectOf(after), databaseTarget(url))
    expect([pending, migrations.map(({ name, state }) => `${name} ${state}`)]).toEqual([
      0,
      ['M6_squash applied', 'M7 applied'],
    ])
    await down(after, url, 'M3')
    expect(await ledger(url)).toEqual(['M1', 'M2', 'M3'])
    expect(await catalogOf(url)).toEqual(atThird)
    await up(after, url)
    expect(await ledger(url)).toEqual(['M6_squash', 'M7'])
    expect(await catalogOf(url)).toEqual(head)
    await down(after, url, 'base')
    expect(await ledger(url)).toEqual([])
  },
)

/** What the gate of a build says of a database. */
async function gateOf({ manifest }: ScratchProject, url: string): Promise<string> {
  const text = JSON.parse(await readFile(manifest, 'utf8'))
  return (await readGate(text, (sql) => query(url, sql))).state
}

test('builds from before it and from after it work side by side', { tags: 'long' }, async () => {
  const [recorded, begun, whole, partly] = [
    await databaseAt(6),
    await databaseAt(0),
    await databaseAt(7),
    await databaseAt(3),
  ]
  await up(after, recorded)
  await up(after, begun)
  const seen = async (project: ScratchProject) =>
    Promise.all([recorded, begun, whole, partly].map((url) => gateOf(project, url)))
  expect(await seen(before)).toEqual(['ahead', 'ahead', 'fits', 'behind'])
  expect(await seen(after)).toEqual(['fits', 'fits', 'fits', 'behind'])
  // The build from before goes by the parts, also of a database that has recorded the squash.
  expect((await up(before, recorded)).migrations).toEqual([])
  await down(before, recorded, 'M5')
  expect(await ledger(recorded)).toEqual(PARTS.slice(0, 5))
  await up(before, recorded)
  expect(await ledger(recorded)).toEqual([...PARTS, 'M7'])
  await up(after, recorded)
  expect(await ledger(recorded)).toEqual(['M6_squash', 'M7'])
  await expect(up(before, begun)).rejects.toMatchObject({ code: 'APPLIED_UNKNOWN' })
})

test('a contract step of its parts waits, is overtaken, and then is squashed all the same', async () => {
  const url = await databaseAt(5)
  const manifest = JSON.parse(await readFile(before.manifest, 'utf8'))
  const earlier = { ...manifest, migrations: manifest.migrations.slice(0, 5) }
  const instance = new Client({
    connectionString: url,
    application_name: applicationName('orders', earlier),
  })
  await instance.connect()
  const { waiting } = await up(after, url)
  expect(waiting?.map(({ migration, says }) => `${migration} ${says}`)).toEqual([
    expect.stringMatching(/^M6 waits for orders, revision \w+ \(an earlier build\)/),
  ])
  expect(await ledger(url)).toEqual([...PARTS.slice(0, 5), 'M7'])
  const told = await status(projectOf(after), databaseTarget(url))
  expect(told.migrations.map(({ name, state }) => `${name} ${state}`)).toContain('M6 waiting')
  expect(await gateOf(after, url)).toBe('fits')
  await instance.end()
  await up(after, url)
  expect((await ledger(url)).toSorted()).toEqual(['M6_squash', 'M7'])
})

test('a squash of a squash, and what the files that are gone leave', { tags: 'long' }, async () => {
  const urls = await Promise.all([0, 0, 3, 6, 7].map((count) => databaseAt(count)))
  const [begun = '', none = '', third = '', sixth = '', whole = ''] = urls
  await up(after, begun, 'M6_squash')
  await up(after, sixth)
  const twice = await after.copy()
  made.push(twice)
  await expect(squashUntil(twice, 'M6_squash')).rejects.toMatchObject({ code: 'SQUASH_REFUSED' })
  await squashUntil(twice, 'M7')
  for (const url of [begun, none, third, sixth, whole]) {
    await up(twice, url)
    expect(await ledger(url)).toEqual(['M7_squash'])
  }
  for (const url of urls) expect(await catalogOf(url)).toEqual(head)
  expect(await Promise.all(urls.map((url) => gateOf(before, url)))).toEqual(urls.map(() => 'ahead'))
  await down(twice, third, 'M2')
  expect(await ledger(third)).toEqual(['M1', 'M2'])
  await expect(down(twice, none, 'M2')).rejects.toMatchObject({ exit: 3 })
  await expect(down(twice, begun, 'base')).rejects.toThrow('M6_squash cannot be reverted')
  // Without the files the journal has what is not code.
  await rm(join(dirname(twice.config), 'migrations-squashed'), { recursive: true })
  await twice.lock()
  await expect(up(twice, third)).rejects.toMatchObject({ code: 'APPLIED_UNKNOWN' })
  const once = await after.copy()
  made.push(once)
  await rm(join(dirname(once.config), 'migrations-squashed'), { recursive: true })
  await once.lock()
  await expect(up(once, third)).rejects.toMatchObject({ code: 'SQUASH_PARTIAL' })
  await down(twice, whole, 'M4')
  expect(await ledger(whole)).toEqual(PARTS.slice(0, 4))
  await expect(down(twice, whole, 'M3')).rejects.toMatchObject({ code: 'IRREVERSIBLE' })
})

test('a backfill that was begun before it was squashed goes on, and is paused by its name', async () => {
  const table = { up: ['create table one (n int primary key, t text)'], down: ['drop table one'] }
  const fill = `{ table: 'one', set: { t: "'x'" }, remains: 't is null' }`
  const former = await scratchProject({
    M1: table,
    M2: { up: [], members: `  backfill() { return ${fill} }` },
    M3: { up: ['create table three (n int)'], down: ['drop table three'] },
  })
  const squashed = await former.copy()
  made.push(former, squashed)
  await squashUntil(squashed, 'M2')
  const url = await databaseAt(0)
  await up(former, url, 'M1')
  await query(url, 'insert into one values (1), (2)')
  const call = (project: ScratchProject, ...args: string[]) =>
    migrate([...args, '--config', project.config], { DATABASE_URL: url })
  expect(await call(former, 'up', '--leave-backfills')).toMatchObject({ exit: 0 })
  expect(await call(squashed, 'backfill', 'pause', 'M2')).toMatchObject({
    stdout: 'Paused: M2. To go on, run: migrate backfill resume\n',
  })
  await call(squashed, 'backfill', 'resume')
  expect(await call(squashed, 'backfill', 'run')).toMatchObject({ exit: 0 })
  expect(await query(url, 'select from one where t is null')).toEqual([])
  expect((await ledger(url)).toSorted()).toEqual(['M2_squash', 'M3'])
})

/** Two migrations, the second of which is as given, and a third one that is not to be squashed. */
async function small(text: string): Promise<ScratchProject> {
  const project = await scratchProject({
    M1: { up: ['create table one (n int)'], down: ['drop table one'] },
    M3: { up: ['create table three (n int)'], down: ['drop table three'] },
  })
  made.push(project)
  await project.writeRaw('M2.ts', text)
  await project.lock()
  return project
}

const classOf = (up: string) =>
  `import { Migration } from '@mikro-orm/migrations'\nexport class Two extends Migration {\n  override async up() { ${up} }\n}\n`

const LEDGER_READ = `this.addSql('create table seen as select count(*)::int as n from mikro_orm_migrations')`
const REFUSED = [
  [
    'M2',
    LEDGER_READ,
    3,
    /would not leave the same behind on a new database:\n {2}rows of public\.seen/,
  ],
  ['M2', `this.addSql('select 1/0')`, 3, /one by one they do not run on an empty database/],
  [
    'M1',
    `this.addSql('select 1')`,
    3,
    /M1 is the first migration, and a squash makes one of at least two\. Name a later one/,
  ],
  ['M9', `this.addSql('select 1')`, 2, /There is no migration "M9"/],
] as const

test('what cannot be proved is refused, and changes no file', async () => {
  const refusals: [ScratchProject, string, number, RegExp][] = []
  for (const [until, up, exit, says] of REFUSED)
    refusals.push([await small(classOf(up)), until, exit, says])
  const edited = await small(classOf(`this.addSql('select 1')`))
  await edited.writeRaw('M2.ts', classOf(`this.addSql('select 2')`))
  refusals.push([edited, 'M2', 6, /M2/])
  const importing = await small(classOf(`this.addSql('select 1')`))
  const folder = join(dirname(importing.config), 'migrations')
  await mkdir(join(folder, 'lib'))
  await writeFile(join(folder, 'lib/sql.ts'), `export const SQL = 'select 1'`)
  await importing.writeRaw(
    'M2.ts',
    `import { SQL } from './lib/sql.ts'\n${classOf('this.addSql(SQL)')}`,
  )
  await importing.lock()
  refusals.push([importing, 'M2', 3, /M2\.ts imports \.\/lib\/sql\.ts/])
  for (const [project, until, exit, says] of refusals) {
    const files = async () => readdir(dirname(project.config), { recursive: true })
    const listed = await files()
    const manifest = await readFile(project.manifest, 'utf8')
    const args = ['--until', until, '--scratch-url', server.url, '--config', project.config]
    const ended = await migrate(['squash', ...args])
    expect([ended.exit, ended.stderr]).toEqual([exit, expect.stringMatching(says)])
    expect([await files(), await readFile(project.manifest, 'utf8')]).toEqual([listed, manifest])
  }
})

test('a squash that is killed while it moves files is not recorded half done', async () => {
  const whole = await small(classOf(`this.addSql('select 1')`))
  const manifest = await readFile(whole.manifest, 'utf8')
  const folder = join(dirname(whole.config), 'migrations')
  const { replaces } = await squashUntil(whole, 'M2')
  const squashed = await readFile(whole.manifest, 'utf8')
  expect(replaces.length).toBeGreaterThan(1)
  // Back to each moment, the last file that it moved first.
  for (const [index, name] of replaces.toReversed().entries()) {
    for (const file of [`${name}.ts`, `${name}.json`])
      await rename(join(`${folder}-squashed`, file), join(folder, file))
    await writeFile(whole.manifest, manifest)
    const ended = await migrate(['hash', '--config', whole.config])
    const left = replaces.slice(-index - 1).map((one) => `${one}.ts`)
    expect([ended.exit, ended.stderr]).toEqual([2, expect.stringContaining(left.join(', '))])
    expect(await readFile(whole.manifest, 'utf8')).toBe(manifest)
  }
  for (const name of replaces)
    for (const file of [`${name}.ts`, `${name}.json`])
      await rename(join(folder, file), join(`${folder}-squashed`, file))
  expect((await migrate(['hash', '--config', whole.config])).exit).toBe(0)
  expect(JSON.parse(await readFile(whole.manifest, 'utf8'))).toEqual(JSON.parse(squashed))
})

test(
  'rows that differ from run to run prove nothing and refuse nothing; a database without a ledger is adopted between the parts',
  { tags: 'long' },
  async () => {
    const code = `await this.execute("insert into one values (floor(random() * 1e9)::int)"); this.addSql('create table two (n int)')`
    const project = await small(classOf(code))
    const [url, tampered] = [await databaseAt(0), await databaseAt(0)]
    await up(project, url, 'M1')
    await up(project, tampered, 'M1')
    await query(url, 'drop schema migrator cascade; drop table mikro_orm_migrations')
    const args = ['--scratch-url', server.url, '--config', project.config]
    await migrate(['hash', ...args])
    const { exit, stdout } = await migrate(['squash', '--until', 'M2', '--json', ...args])
    expect([exit, JSON.parse(stdout)]).toMatchObject([
      0,
      { name: 'M2_squash', replaces: ['M1', 'M2'] },
    ])
    expect(
      (await check(projectOf(project), undefined)).filter(({ exit: of }) => of !== 'done'),
    ).toEqual([])
    const environment = { DATABASE_URL: url }
    const adopted = await migrate(['adopt', '--yes', '--config', project.config], environment)
    expect([adopted.exit, adopted.stderr]).toEqual([0, expect.anything()])
    expect(await ledger(url)).toEqual(['M2_squash', 'M3'])
    // What is edited in what was squashed is refused like any other edit.
    const squashed = join(dirname(project.config), 'migrations-squashed/M2.ts')
    await writeFile(squashed, classOf(`this.addSql('drop table one')`))
    await expect(up(project, tampered)).rejects.toMatchObject({ code: 'FILE_EDITED' })
  },
)
