import { createTestDatabase } from '@techfacts/postgres/testing'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let project: ScratchProject
beforeEach(async () => {
  project = await scratchProject({})
})
afterEach(() => project.drop())

const entities = (tables: Readonly<Record<string, string>>) => writeEntities(project.config, tables)

/** Files of the project with their bytes; the newest migration last. */
async function files(): Promise<[string, string][]> {
  const folder = join(dirname(project.config), 'migrations')
  const names = (await readdir(folder)).toSorted()
  return Promise.all([
    readFile(project.manifest, 'utf8').then((text): [string, string] => ['hash', text]),
    ...names.map(async (name): Promise<[string, string]> => [
      name,
      await readFile(join(folder, name), 'utf8'),
    ]),
  ])
}

test('a rename is asked, never guessed, and what is decided moves or drops the data', async () => {
  await using database = await createTestDatabase()
  const env = { DATABASE_URL: database.url }
  const at = (...args: string[]) => migrate([...args, '--config', project.config], env)
  const title = `title: p.text().nullable()`
  const indexed = `title: p.text().index().nullable()`
  await entities({
    job: `zeta: p.text().nullable(), ${title}, alpha: p.integer().default(0)`,
    note: indexed,
  })
  expect((await at('create', 'first')).exit).toBe(0)
  const unchanged = await files()
  expect((await at('create')).stdout).toMatch(/Nothing has changed/)
  expect(await files()).toEqual(unchanged)
  expect((await at('up')).exit).toBe(0)
  await query(database.url, `insert into job (id, title, zeta) values (1, 'kept', 'gone')`)
  await query(database.url, `insert into note (id, title) values (1, 'note')`)

  // Two are gone and two of their type are new; a table is gone and one is new.
  const head = `head: p.text().nullable(), tail: p.text().nullable(), alpha: p.integer().default(0)`
  await entities({ job: head, memo: indexed })
  const asked = await at('create', 'second')
  expect([asked.exit, asked.stdout]).toEqual([3, ''])
  for (const flag of [
    '--rename job.zeta:head',
    '--rename job.zeta:tail',
    '--drop job.zeta',
    '--rename job.title:head',
    '--rename job.title:tail',
    '--drop job.title',
    '--rename note:memo',
    '--drop note',
  ]) {
    expect(asked.stderr).toContain(flag)
  }
  const half = await at('create', 'second', '--rename', 'job.title:tail', '--rename', 'note:memo')
  expect([half.exit, half.stderr]).toEqual([3, expect.not.stringContaining('job.title is gone')])
  const wrong = await at(
    'create',
    'second',
    '--drop',
    'job.zeta',
    '--rename',
    'job.title:tail',
    '--drop',
    'note',
    '--drop',
    'nobody',
  )
  expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('drop nobody')])
  // A slip in either name is named, next to what it may have meant.
  for (const slip of ['job.titel:head', 'job.title:haed', 'nots:memo']) {
    const slipped = await at('create', 'second', '--rename', slip)
    expect([slipped.exit, slipped.stderr]).toEqual([
      2,
      expect.stringMatching(
        new RegExp(
          `\\n  rename ${slip}\\n[\\s\\S]*job.title is gone; new: head[\\s\\S]*run: .* --drop job.title\\n`,
        ),
      ),
    ])
  }
  expect(await files()).toEqual(unchanged)

  const decided = ['--drop', 'job.zeta', '--rename', 'job.title:tail', '--rename', 'note:memo']
  const made = await at('create', 'second', ...decided)
  expect([made.exit, made.stdout]).toEqual([
    0,
    expect.stringMatching(/contract[\s\S]*it renames note to memo[\s\S]*it drops column job\.zeta/),
  ])
  expect((await at('up')).exit).toBe(0)
  expect(await query(database.url, 'select tail, head from job')).toEqual([
    { tail: 'kept', head: null },
  ])
  expect(await query(database.url, 'select title from memo')).toEqual([{ title: 'note' }])
  expect((await at('check')).exit).toBe(0)
  expect((await at('down', '-1', '--yes')).exit).toBe(0)
  expect(await query(database.url, 'select title from job')).toEqual([{ title: 'kept' }])
  expect(await query(database.url, 'select title from note')).toEqual([{ title: 'note' }])
  expect((await at('up')).exit).toBe(0)

  // More than a rename; and nothing to ask where nothing new could be the old.
  await entities({ job: head.replace('tail: p.text()', 'count: p.integer()'), memo: indexed })
  const changes = await at('create', 'third', '--rename', 'job.tail:count')
  expect([changes.exit, changes.stderr]).toEqual([3, expect.stringMatching(/differ in .*type/)])
  // Of the same name in another table it may have moved there; which row would get it, nothing says.
  const tail = 'tail: p.text().nullable()'
  await entities({ job: head.replace(`${tail}, `, ''), memo: `${indexed}, ${tail}` })
  const moved = await at('create', 'third')
  const answer = '--rename job.tail:memo.tail'
  expect([moved.exit, moved.stderr]).toEqual([3, expect.stringContaining(answer)])
  const apart = await at('create', 'third', ...answer.split(' '))
  expect([apart.exit, apart.stderr]).toEqual([3, expect.stringMatching(/no foreign key/)])
  await entities({ memo: indexed })
  const gone = await at('create', 'third')
  expect([gone.exit, gone.stderr]).toEqual([3, expect.stringContaining('--drop job\n')])
  const dropped = await at('create', 'third', '--drop', 'job')
  expect(dropped.exit).toBe(0)
  const [, text = ''] = (await files()).at(-1) ?? []
  const [, down = ''] = text.split('down()')
  const columns = [...down.matchAll(/"(id|alpha|tail|head)" /g)].map(([, name]) => name)
  expect(columns).toEqual(['id', 'tail', 'alpha', 'head'])
})

test(
  'a table that moves to another schema is asked about, and its rows move along, both ways',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    const at = (...args: string[]) => migrate([...args, '--config', project.config], env)
    const done = async (...args: string[]) => {
      const { exit, stderr } = await at(...args)
      expect([exit, stderr]).toEqual([0, expect.anything()])
    }
    const title = 'title: p.text().index().nullable()'
    await entities({ job: title })
    await done('create', 'first')
    await done('up')
    await query(database.url, `insert into job (id, title) values (1, 'kept')`)

    await entities({ 's2.job': title })
    const asked = await at('create', 'second')
    expect([asked.exit, asked.stderr]).toEqual([
      3,
      expect.stringMatching(/--rename job:s2\.job[^]*--drop job/),
    ])
    await done('create', 'second', '--rename', 'job:s2.job')
    await done('up')
    expect(await query(database.url, 'select title from s2.job')).toEqual([{ title: 'kept' }])
    await done('check')
    expect((await at('create')).stdout).toMatch(/Nothing has changed/)

    await entities({ 's3.task': title })
    expect((await at('create', 'third')).exit).toBe(3)
    await done('create', 'third', '--rename', 's2.job:s3.task')
    await entities({ job: title })
    expect((await at('create', 'fourth')).stderr).toContain('--rename s3.task:job')
    await done('create', 'fourth', '--rename', 's3.task:job')
    await done('up')
    await done('check')
    expect(await query(database.url, 'select title from job')).toEqual([{ title: 'kept' }])
    await done('down', '-3', '--yes')
    expect(await query(database.url, 'select title from job')).toEqual([{ title: 'kept' }])
  },
)
