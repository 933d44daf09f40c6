import { briefly } from '@techfacts/postgres/testing'
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

test('everything, with an initial migration that has no way back, has none as a whole', async () => {
  const { orm, url, migrations, elsewhere } = await threeApplied(initial)
  const { fileName: made } = await orm.migrator.rollup()
  expect(await readdir(migrations)).toEqual([made])
  expect(await readFile(join(migrations, made), 'utf8')).not.toMatch(/down/)
  const name = made.replace('.ts', '')
  const fresh = await emptyDatabase()
  for (const database of [url, fresh.url]) {
    const migrator = await elsewhere(database)
    await migrator.up()
    expect(names(await migrator.getExecuted())).toEqual([name])
    expect(await query(database, TABLES)).toEqual([{ tables: 't1 t2 t3' }])
    await expect(migrator.down()).rejects.toEqual(code('IRREVERSIBLE'))
    expect(await query(database, TABLES)).toEqual([{ tables: 't1 t2 t3' }])
  }
})

test.each(
  briefly([
    ['the first two of three', ['Migration1', 'Migration2'], ['Migration2_rollup', 'Migration3']],
    [
      'the last two of three',
      ['Migration2', 'Migration3'],
      ['Migration1', expect.stringMatching(/^Migration\d{14}$/)],
    ],
  ]),
)('%s, where all are applied, where none is, and back', async (_, parts, after) => {
  const { orm, url, migrations, elsewhere, project } = await threeApplied()
  await hashProject(project)
  const other = await emptyDatabase()
  await (await elsewhere(other.url)).up()
  await orm.migrator.rollup([...parts])
  const namesOf = async (end: string) =>
    (await readdir(migrations)).flatMap((file) =>
      file.endsWith(end) ? file.slice(0, -end.length) : [],
    )
  const left = await namesOf('.ts')
  expect(left).toEqual(after)
  expect(await namesOf('.json'), 'what they compile to').toEqual(left)
  const fresh = await emptyDatabase()
  for (const database of [url, other.url, fresh.url]) {
    const migrator = await elsewhere(database)
    await migrator.up()
    // In the ledger's own order, which MikroORM's `down` follows.
    expect(names(await migrator.getExecuted())).toEqual(left)
    expect(await migrator.getPending()).toEqual([])
    expect(await query(database, TABLES)).toEqual([{ tables: 't1 t2 t3' }])
    expect(names(await migrator.down())).toEqual(left.slice(-1))
    expect(names(await migrator.up())).toEqual(left.slice(-1))
    expect(names(await migrator.down({ to: 0 }))).toEqual(left.toReversed())
    expect(await query(database, TABLES)).toEqual([{ tables: null }])
  }
  for (const name of left) {
    const text = await readFile(join(migrations, `${name}.ts`), 'utf8')
    expect(text).toContain(`class ${name} extends`)
  }
})

test('what is applied is rolled up before what is pending', async () => {
  const { orm, migrations, write } = await threeApplied()
  await write('Migration4.ts', text('4'))
  await orm.migrator.rollup()
  expect(await readdir(migrations)).toEqual(['Migration3_rollup.ts', 'Migration4.ts'])
  expect(names(await orm.migrator.getPending())).toEqual(['Migration4'])
  expect(names(await orm.migrator.up())).toEqual(['Migration4'])
})

test.each([
  ['one lies between them', ['Migration1', 'Migration3'], /Migration2 lies between them/, {}],
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
