import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/** `create` writes the form that a busy database survives, with what must hold before it. */

let project: ScratchProject
beforeEach(async () => {
  project = await scratchProject({})
})
afterEach(() => project.drop())

const entities = (tables: Readonly<Record<string, string>>) => writeEntities(project.config, tables)

async function all(): Promise<string[]> {
  const folder = join(dirname(project.config), 'migrations')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted()
  return Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
}

const newest = async () => (await all()).at(-1) ?? ''

const BEFORE = {
  job: `title: p.text().nullable(), n: p.integer().nullable(), old: p.text().index().nullable(), e: p.enum(['a', 'b']).nullable()`,
  note: 'text: p.text()',
}
const AFTER = {
  job: `title: p.text().index(), n: p.integer().unique(), old: p.text().nullable(), e: p.enum(['a', 'b', 'c']).nullable(), d: p.integer().default(3), u: p.uuid().defaultRaw('gen_random_uuid()')`,
  note: `text: p.text(), v: p.integer().check('v > 0').nullable()`,
  tag: 'name: p.text().unique()',
}

/** The command line on a database. */
const on =
  ({ url }: TestDatabase) =>
  (...args: string[]) =>
    migrate([...args, '--config', project.config], { DATABASE_URL: url })

test('types that MikroORM takes for one are told apart, and no type for another', async () => {
  await using database = await createTestDatabase()
  const create = () =>
    migrate(['create', '--config', project.config], { DATABASE_URL: database.url })
  const same = `d: p.datetime().length(3), e: p.decimal().precision(8).scale(2), f: p.character().length(3), g: p.datetime(0), h: p.time(0)`
  await entities({ job: `a: p.datetime(), b: p.json(), c: p.array(), ${same}` })
  expect((await create()).exit).toBe(0)
  expect((await create()).stdout).toMatch(/Nothing has changed/)
  const typed = `a: p.datetime().columnType('timestamp'), b: p.json().columnType('json'), c: p.array().columnType('int[]')`
  await entities({ job: `${typed}, ${same}` })
  expect((await create()).exit).toBe(0)
  const types = (await all()).flatMap((file) => {
    const [up = ''] = file.split(' down()')
    return [...up.matchAll(/(?:alter column "(\w+)" type|add column "(\w+)_new") ([\w[\]]+)/g)]
  })
  expect(types.map(([, name, copied, type]) => `${name ?? copied} ${type}`).toSorted()).toEqual([
    'a timestamp',
    'b json',
    'c int[]',
  ])
  expect((await create()).stdout).toMatch(/Nothing has changed/)
})

test('a default that is no SQL is refused, and nothing is written', async () => {
  await using database = await createTestDatabase()
  await entities({ job: `a: p.text().default("it's")`, note: 'b: p.text()' })
  const { exit, stderr } = await migrate(['create', '--config', project.config], {
    DATABASE_URL: database.url,
  })
  expect([exit, stderr]).toEqual([2, expect.stringContaining(`default 'it's'`)])
  expect(await readdir(join(dirname(project.config), 'migrations')).catch(() => [])).toEqual([])
})

test(
  'indexes, keys, checks and NOT NULL come in their safe form, run, and go back',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const at = on(database)
    await entities(BEFORE)
    expect((await at('create', 'first')).exit).toBe(0)
    expect(await newest()).not.toMatch(/concurrently|not valid|isTransactional/)
    // The configuration names another database, which nobody has asked for.
    const none = `select from pg_database where datname = 'none'`
    expect(await query(database.url, none)).toEqual([])
    expect((await at('up')).exit).toBe(0)
    await query(
      database.url,
      `insert into job (title, n, e) values ('one', 1, 'a'), (null, 1, 'b')`,
    )

    await entities(AFTER)
    expect((await at('create', 'second')).exit).toBe(0)
    const refused = await at('up')
    expect([refused.exit, refused.stderr]).toEqual([3, expect.stringContaining('nulls: 1')])
    await query(database.url, `update job set title = 'two' where title is null`)
    expect((await at('up')).stderr).toContain('duplicates: 1')
    await query(database.url, `update job set n = 2 where title = 'two'`)
    const up = await at('up')
    expect([up.exit, up.stderr]).toEqual([0, expect.anything()])
    expect(
      await query(database.url, 'select title, n, e, d, u is null as bare from job order by n'),
    ).toEqual([
      { title: 'one', n: 1, e: 'a', d: 3, bare: false },
      { title: 'two', n: 2, e: 'b', d: 3, bare: false },
    ])
    expect((await at('check')).exit).toBe(0)
    expect((await at('down', '-1', '--yes')).exit).toBe(0)
    expect((await at('up')).exit).toBe(0)
    expect((await at('create')).stdout).toMatch(/Nothing has changed/)
  },
)

const code = (length: number) => `code: p.string().length(${length}).nullable()`

test(
  'what a new type cannot hold is counted, and a text that is too long is never cut',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const at = on(database)
    await entities({ job: `${code(20)}, n: p.decimal().precision(12).scale(4).nullable()` })
    expect((await at('create', 'first')).exit).toBe(0)
    expect((await at('up')).exit).toBe(0)
    await query(
      database.url,
      `insert into job (code, n) values ('short', 1.25), ('longer than ten', 1.2555), (null, null)`,
    )
    await entities({ job: `${code(10)}, n: p.decimal().precision(8).scale(2).nullable()` })
    expect((await at('create', 'second')).exit).toBe(0)
    const [up = '', down = ''] = (await newest()).split(' down()')
    expect(up).toContain('add column "code_new" varchar(10)')
    // On the way back the archive keeps what is cut.
    expect(down).not.toContain('requires')
    const plan = await at('plan')
    expect(plan.exit).toBe(3)
    expect(plan.stdout).toContain('(changed: 1, such as id 2)')
    const counted = await at('up')
    expect([counted.exit, counted.stderr]).toEqual([3, expect.stringContaining('such as id 2)')])
    expect(counted.stderr).toContain('code of job becomes varchar(10)')
    await query(database.url, `update job set code = left(code, 10)`)
    expect((await at('up')).stderr).toContain('n of job becomes numeric(8, 2)')
    await query(database.url, `update job set n = 1.26 where id = 2`)
    expect((await at('plan')).stdout).not.toContain('cannot run')
    expect((await at('up', '--yes')).exit).toBe(0)
    expect(await query(database.url, 'select code, n::text from job order by id')).toEqual([
      { code: 'short', n: '1.25' },
      { code: 'longer tha', n: '1.26' },
      { code: null, n: null },
    ])
  },
)

test('a required column that is gone comes back with its values', { tags: 'long' }, async () => {
  await using database = await createTestDatabase()
  const at = on(database)
  await entities({ job: `title: p.text(), n: p.integer().default(3), a: p.text().nullable()` })
  expect((await at('create', 'first')).exit).toBe(0)
  expect((await at('up')).exit).toBe(0)
  await query(database.url, `insert into job (title, n) values ('one', 1), ('two', 2)`)
  await entities({ job: 'a: p.text().nullable()' })
  const drops = ['--drop', 'job.title', '--drop', 'job.n']
  expect((await at('create', 'second', ...drops)).exit).toBe(0)
  expect((await at('up', '--yes')).exit).toBe(0)
  const back = await at('down', '-1', '--yes')
  expect([back.exit, back.stderr]).toEqual([0, expect.stringContaining('restored 2 of job')])
  expect(await query(database.url, 'select title, n from job order by id')).toEqual([
    { title: 'one', n: 1 },
    { title: 'two', n: 2 },
  ])
})

test(
  'what the previous release does not survive is in a file of its own, and both are undone together',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const at = on(database)
    const create = async () =>
      JSON.parse((await at('create', 'second', '--drop', 'job.old', '--json')).stdout)
    await entities({ job: 'title: p.text().nullable(), old: p.text().index().nullable()' })
    expect((await at('create', 'first')).exit).toBe(0)
    expect((await at('up')).exit).toBe(0)
    await query(database.url, `insert into job (title, old) values ('one', 'kept')`)
    await entities({ job: 'title: p.text().index().nullable(), fresh: p.text().nullable()' })
    const made = await create()
    expect(made).toMatchObject({ phase: 'expand', others: [{ phase: 'contract' }] })
    const [second, contract] = [made.name, made.others[0].name]
    expect(contract).toBe(`${second}_contract`)

    expect((await at('up', second)).exit).toBe(0)
    const refused = await at('create', '--undo')
    expect([refused.exit, refused.stderr]).toEqual([3, expect.stringContaining(`${second}.ts`)])
    expect(await query(database.url, 'select old, fresh from job')).toEqual([
      { old: 'kept', fresh: null },
    ])
    expect((await at('up', '--yes')).exit).toBe(0)
    expect((await at('check')).exit).toBe(0)
    expect((await at('down', '-1', '--yes')).exit).toBe(0)
    expect(await query(database.url, 'select old from job')).toEqual([{ old: 'kept' }])
    expect((await at('down', '-1', '--yes')).exit).toBe(0)

    const undone = await at('create', '--undo')
    expect([undone.exit, undone.stdout.split('\n').length]).toEqual([0, 3])
    expect((await create()).others).toMatchObject([{ phase: 'contract' }])
  },
)

/** File names of the project leave out what a migration is called. */
async function unnamed(job: string): Promise<void> {
  await entities({ job })
  const config = await readFile(project.config, 'utf8')
  const named = `emit: 'ts', fileName: (at: string) => 'Migration' + at`
  await writeFile(project.config, config.replace(`emit: 'ts'`, named))
}

test('where file names leave out the name, one migration has all of it', async () => {
  await using database = await createTestDatabase()
  const at = on(database)
  await unnamed('old: p.text().nullable()')
  expect((await at('create', 'first')).exit).toBe(0)
  await unnamed('fresh: p.text().nullable()')
  const { stdout } = await at('create', 'second', '--drop', 'job.old', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ phase: 'contract' })
  expect(JSON.parse(stdout)).not.toHaveProperty('others')
  expect(await newest()).toMatch(/add column|add "fresh"|add \\"fresh/)
})

const named = (name: string) => `e: p.enum(['a', 'b']).nativeEnumName('${name}').nullable()`

test(
  'a key that grows takes its sequence along, and a native enum gets another name, both ways',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    const done = async (...args: string[]) => {
      const { exit, stderr } = await migrate([...args, '--config', project.config], env)
      expect([exit, stderr]).toEqual([0, expect.anything()])
    }
    const state = () =>
      query(
        database.url,
        `select a.atttypid::regtype::text as column, s.seqtypid::regtype::text as sequence, t.id::text, t.e::text
         from job t, pg_attribute a, pg_sequence s where a.attrelid = 'job'::regclass and attname = 'id' and seqrelid = 'job_id_seq'::regclass`,
      )
    await entities({ job: named('one') })
    await done('create', 'first')
    await done('up')
    await query(database.url, `insert into job (e) values ('a')`)
    const before = await state()

    await entities({ job: named('other') })
    const config = await readFile(project.config, 'utf8')
    await writeFile(project.config, config.replace('id: p.integer()', 'id: p.bigint()'))
    await done('create', 'second')
    await done('up', '--yes')
    const grown = [{ column: 'bigint', sequence: 'bigint', id: '1', e: 'a' }]
    expect(await state()).toEqual(grown)
    await done('check')
    await done('down', '-1', '--yes')
    expect(await state()).toEqual(before)
    await done('up', '--yes')
    expect(await state()).toEqual(grown)
  },
)

const create = (...args: string[]) => migrate(['create', ...args, '--config', project.config])

test(
  'a type that PostgreSQL casts to no other is refused before anything is written',
  { tags: 'long' },
  async () => {
    await entities({ job: 'a: p.integer().nullable(), b: p.text().nullable()' })
    // No database is named, and no server to try it on.
    expect((await create('first')).exit).toBe(0)
    await entities({ job: 'a: p.date().nullable(), b: p.uuid().nullable()' })
    const refused = await create('second')
    expect([refused.exit, refused.stderr]).toEqual([
      3,
      expect.stringContaining('job.a cannot become date: it is int4, and PostgreSQL has no cast'),
    ])
    expect(await all()).toHaveLength(1)
    // The text of a number is read, and is no uuid; that of a text may be one: what is there is counted first.
    await entities({ job: 'a: p.uuid().nullable(), b: p.text().nullable()' })
    expect(await create('second')).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('job.a cannot become uuid: it is int4'),
    })
    await entities({ job: 'a: p.integer().nullable(), b: p.uuid().nullable()' })
    expect((await create('second')).exit).toBe(0)
    await using database = await createTestDatabase()
    const at = on(database)
    expect((await at('up', '+1')).exit).toBe(0)
    await query(database.url, `insert into job (b) values ('1'), (null)`)
    const counted = await at('up')
    expect([counted.exit, counted.stderr]).toEqual([3, expect.stringContaining('changed: 1')])
    await query(database.url, 'update job set b = null')
    expect((await at('up', '--yes')).exit).toBe(0)
  },
)
