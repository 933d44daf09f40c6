import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashProject } from '../project/hash.ts'
import {
  code,
  emptyDatabase,
  fileName,
  fileOf,
  fileProject,
  names,
  ormOn,
  query,
} from './tests/drop-in.ts'

const text = (name: string) =>
  fileOf(name, `create table t${name} (id integer)`, `drop table t${name}`)

/** As `migration:create --initial` writes it. */
const initial = (name: string) => text(name).replace(/ {2}override down\(\) \{[^}]*\}\n/, '')

async function threeApplied(first = text) {
  const project = await fileProject()
  await project.write('Migration1.ts', first('1'))
  await project.write('Migration2.ts', text('2'))
  await project.write('Migration3.ts', text('3'))
  await project.orm.migrator.up()
  const migrations = join(project.folder, 'migrations')
  const elsewhere = async (url: string) =>
    (await ormOn(url, { path: migrations, fileName })).migrator
  return { ...project, migrations, elsewhere }
}

const TABLES = `select string_agg(relname, ' ' order by relname) as tables from pg_class where relname ~ '^t[0-9]$'`

test('everything: where all is applied, where a part is, and on a new database', async () => {
  const { orm, url, migrations, elsewhere } = await threeApplied(initial)
  const partly = await emptyDatabase()
  await (await elsewhere(partly.url)).up('Migration1')
  const { fileName: made, code: text } = await orm.migrator.rollup()
  expect([made, await readdir(migrations)]).toEqual(['Migration3_squash.ts', [made]])
  expect(await readFile(join(migrations, made), 'utf8')).toBe(text)
  const fresh = await emptyDatabase()
  for (const database of [url, partly.url, fresh.url]) {
    const migrator = await elsewhere(database)
    await migrator.up()
    expect(names(await migrator.getExecuted())).toEqual(['Migration3_squash'])
    expect(await migrator.getPending()).toEqual([])
    expect(await query(database, TABLES)).toEqual([{ tables: 't1 t2 t3' }])
  }
  await expect((await elsewhere(fresh.url)).down()).rejects.toEqual(code('IRREVERSIBLE'))
  for (const database of [url, partly.url]) {
    const migrator = await elsewhere(database)
    expect(names(await migrator.down())).toEqual(['Migration3'])
    expect(names(await migrator.getExecuted())).toEqual(['Migration1', 'Migration2'])
    expect(names(await migrator.up())).toEqual(['Migration3'])
    expect(names(await migrator.getExecuted())).toEqual(['Migration3_squash'])
    await expect(migrator.down({ to: 0 })).rejects.toEqual(code('IRREVERSIBLE'))
  }
})

test(
  'some of a project with a manifest, before what is applied and what is pending',
  { tags: 'long' },
  async () => {
    const { orm, url, write, migrations, elsewhere, project } = await threeApplied()
    await write('Migration4.ts', text('4'))
    await hashProject(project)
    await orm.migrator.rollup(['Migration1.ts', 'Migration2'])
    const left = ['Migration2_squash', 'Migration3', 'Migration4']
    expect(await readdir(migrations)).toEqual(
      left.flatMap((name) => [`${name}.json`, `${name}.ts`]),
    )
    expect(names(await orm.migrator.getPending())).toEqual(['Migration4'])
    const migrator = await elsewhere(url)
    await migrator.up()
    // In the ledger's own order, which MikroORM's `down` follows.
    expect(names(await migrator.getExecuted())).toEqual(left)
    expect(names(await migrator.down({ to: 'Migration1' }))).toEqual([
      'Migration4',
      'Migration3',
      'Migration2',
    ])
    expect(names(await migrator.down({ to: 0 }))).toEqual(['Migration1'])
    expect(await query(url, TABLES)).toEqual([{ tables: null }])
  },
)

test.each([
  ['one is between them', ['Migration1', 'Migration3'], /Migration2 comes before one of them/, {}],
  ['one comes before them', ['Migration2', 'Migration3'], /Migration1 comes before/, {}],
  [
    'no name fits',
    ['Migration1', 'Migration2'],
    /no name sorts before Migration20/,
    { 'Migration20.ts': text('9') },
  ],
])('refused where it would not be exact: %s', async (_, parts, reason, more) => {
  const { orm, migrations, write } = await threeApplied()
  for (const [file, content] of Object.entries(more)) await write(file, content)
  const before = await readdir(migrations)
  const refused = orm.migrator.rollup(parts)
  await expect(refused).rejects.toEqual(code('SQUASH_REFUSED'))
  await expect(refused).rejects.toThrow(reason)
  expect(await readdir(migrations)).toEqual(before)
  expect(await readFile(join(migrations, 'Migration1.ts'), 'utf8')).toBe(text('1'))
})
