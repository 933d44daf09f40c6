import { Migration } from '@mikro-orm/migrations'
import { expect, test } from 'vitest'
import type { MigrationContract } from '../migration.ts'
import { hashProject } from '../project/hash.ts'
import { preview } from '../inspect/preview.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import {
  code,
  emptyDatabase,
  fileOf,
  fileProject,
  listedOn,
  ormOn,
  table,
} from './tests/drop-in.ts'

type Members = MigrationContract & { up?: (migration: Migration) => unknown; down?: string }

function withMembers({ up = () => {}, down = 'select 1', ...contract }: Members) {
  return class extends Migration implements MigrationContract {
    override up() {
      this.addSql('create table made (id integer)')
      return up(this) as void
    }
    override down() {
      this.addSql(down)
    }
    requires() {
      return contract.requires?.() ?? []
    }
    ensures() {
      return contract.ensures?.() ?? []
    }
    downRequires() {
      return contract.downRequires?.() ?? []
    }
  }
}

const check =
  (query: string, says = 'It holds.') =>
  () => [{ query, says }]

/** Behind the NUL byte stands what would be lost, or would not be checked. */
const PLACES: Record<string, Members> = {
  'a statement': { up: (one) => one.addSql(`comment on table made is 'a\0'; drop table made`) },
  'a setting': { up: (one) => one.addSql(`set search_path to public\0, pg_temp`) },
  'a comment': { up: (one) => one.addSql(`-- a\0b\nselect 1`) },
  'a NUL byte alone': { up: (one) => one.addSql('\0') },
  'a way back': { down: 'drop table made\0' },
  'what is required': { requires: check('select 0\0 + 1') },
  'what is ensured': { ensures: check('select 0\0 + 1') },
  'what is required on the way back': { downRequires: check('select 0\0 + 1') },
  'what a check says': { requires: check('select 0', 'It\0 holds.') },
}

test.each(Object.entries(PLACES))(
  'a NUL byte in %s is refused by all, before anything runs',
  async (_, members) => {
    const { url } = await emptyDatabase()
    const { migrator, rows } = await listedOn(url, { M0: table('zero'), M1: withMembers(members) })
    for (const call of [
      () => migrator.up(),
      () => migrator.up('M0'),
      () => migrator.getPending(),
    ]) {
      const refused = call()
      await expect(refused).rejects.toEqual(code('NUL_BYTE'))
      await expect(refused).rejects.toEqual(expect.objectContaining({ exit: 2 }))
      await expect(refused).rejects.toThrow(/^M1: [^\0\n]* has a NUL byte \(line \d+\), [^\0\n]*$/)
    }
    expect(
      await rows(`select from pg_class where relname in ('zero', 'made', 'mikro_orm_migrations')`),
    ).toEqual([])
  },
)

test.each([
  ['text', async (one: Migration) => one.execute(`insert into made values (1)\0, (2)`)],
  ['a value', async (one: Migration) => one.execute('select ?::text', ['a\0b'])],
  [
    'the entity manager',
    async (one: Migration) =>
      (one.getEntityManager() as unknown as Migration).execute(`select 1\0`),
  ],
  [
    'what is queued',
    async (one: Migration) => {
      await one.execute('select 1')
      one.addSql(`insert into made values (1)\0, (2)`)
    },
  ],
])('a NUL byte in a query of code is refused, and all is taken back: %s', async (_, up) => {
  const { url } = await emptyDatabase()
  const { migrator, rows } = await listedOn(url, { M1: withMembers({ up }) })
  await expect(migrator.up()).rejects.toThrow(/^M1[,:].* has a NUL byte/)
  expect(await rows(`select to_regclass('made') as made`)).toEqual([{ made: null }])
})

async function complain(one: Migration): Promise<never> {
  await one.execute('select 1')
  throw new Error('what\0ever')
}

test('a NUL byte in the message of an error stays out of the journal', async () => {
  const { url } = await emptyDatabase()
  const { migrator, rows } = await listedOn(url, { M1: withMembers({ up: complain }) })
  await expect(migrator.up()).rejects.toThrow('ever')
  expect(await rows(`select note from migrator.history where event = 'failed'`)).toEqual([
    { note: expect.stringContaining('whatever') },
  ])
})

test('a NUL byte in a name is refused', async () => {
  const { url } = await emptyDatabase()
  const { migrator } = await listedOn(url, { 'M\0': table('one') })
  await expect(migrator.up()).rejects.toEqual(code('NUL_BYTE'))
  const migrationsList = [{ name: 'M1', class: table('one') as never }]
  for (const names of [{ tableName: 'l\0' }, { schema: 's\0' }]) {
    const orm = await ormOn(url, { migrationsList, ...names })
    await expect(orm.migrator.up()).rejects.toEqual(code('NUL_BYTE'))
  }
  const { migrator: fine } = await listedOn(url, { M1: table('one') })
  await expect(fine.up({ schema: 's\0' })).rejects.toEqual(code('NUL_BYTE'))
})

test('a NUL byte is refused by what reads files: lock, create, plan and up', async () => {
  const { project, url, orm, write } = await fileProject()
  await write('Migration1.ts', fileOf('1', 'select 1', 'select 1'))
  await hashProject(project)
  await write(
    'Migration1.ts',
    fileOf('1', 'create table a (id integer)\\0; drop table a', 'select 1'),
  )
  const request = { direction: 'up', target: 'head' } as const
  for (const call of [
    () => hashProject(project),
    () => preview(project, databaseTarget(url), request),
    () => run(project, databaseTarget(url), request),
    () => orm.migrator.create(undefined, true),
    () => orm.migrator.up(),
  ]) {
    await expect(call()).rejects.toEqual(code('NUL_BYTE'))
  }
})
