import { defineEntity, p } from '@mikro-orm/postgresql'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { code, fileName, fileProject, ormOn, query } from './tests/drop-in.ts'

const text = () => p.text().nullable()

type Columns = Readonly<Record<string, ReturnType<typeof text>>>

/** A project whose only entity is `job`, and `migration:create` with answers in its configuration. */
async function jobProject() {
  const { folder, url } = await fileProject()
  const path = join(folder, 'migrations')
  const ormOf = (columns: Columns, answers: unknown) => {
    const job = defineEntity({ name: 'Job', properties: { id: p.integer().primary(), ...columns } })
    const migrations = { path, fileName, snapshot: true, snapshotName: 'jobs', answers }
    return ormOn(url, migrations, [job])
  }
  const create = async (name: string, columns: Columns, answers: unknown = {}) =>
    (await ormOf(columns, answers)).migrator.create(undefined, false, false, name)
  await create('1', { title: text() })
  await (await ormOf({}, {})).migrator.up()
  await query(url, `insert into job values (1, 'kept')`)
  return {
    url,
    create,
    up: async () => (await ormOf({}, {})).migrator.up(),
    files: () => readdir(path),
  }
}

const HEAD: Columns = { head: text() }

test('a rename is never guessed: without an answer nothing is written, and the block to fill in is printed', async () => {
  const { create, files } = await jobProject()
  const before = await files()
  const refused = create('2', HEAD)
  await expect(refused).rejects.toEqual(code('RENAMES_UNDECIDED'))
  await expect(refused).rejects.toThrow(`
  answers: {
    rename: [
      'job.title:head', // If job.title is head now
    ],
    drop: [
      'job.title', // If job.title is to go
    ],
  },`)
  const slip = create('2', HEAD, { rename: ['job.titel:head'] })
  await expect(slip).rejects.toEqual(code('RENAMES_UNKNOWN'))
  expect(await files()).toEqual(before)
})

test('an answer moves the values, or drops them; afterwards it may stay where it is', async () => {
  const renamed = await jobProject()
  const answers = { rename: ['job.title:head'] }
  await renamed.create('2', HEAD, answers)
  expect((await renamed.create('3', HEAD, answers)).fileName).toBe('')
  await renamed.up()
  expect(await query(renamed.url, 'select head from job')).toEqual([{ head: 'kept' }])
  const dropped = await jobProject()
  const first = await dropped.create('2', HEAD, { drop: ['job.title'] })
  // What the previous release does not survive is in a second file.
  expect(first.code).toMatch(/add "head"|add \\?"head/)
  expect(first.code).not.toMatch(/this.addSql\(`alter table \\?"job\\?" drop column \\?"title/)
  expect((await dropped.files()).filter((one) => /2-contract\.[jt]s$/.test(one))).toHaveLength(1)
  await dropped.up()
  expect(await query(dropped.url, 'select head from job')).toEqual([{ head: null }])
})

test.each([['renames'], { renames: [] }, { drop: 'job.title' }, { rename: ['job.title'] }])(
  'answers that cannot be read are refused: %j',
  async (answers) => {
    const { create, files } = await jobProject()
    const before = await files()
    await expect(create('2', HEAD, answers)).rejects.toEqual(code('PROJECT_INVALID'))
    expect(await files()).toEqual(before)
  },
)
