import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { printDatabase } from '../../testing/database-print.ts'
import { query } from '../../testing/query.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let database: TestDatabase
let project: ScratchProject

beforeEach(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    Migration1_a: { up: ['create table a (n int)'], down: ['drop table a'] },
    Migration2_b: { up: ['create table b (n int)'], down: ['drop table b'] },
  })
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

test('up --dry-run prints what plan prints, and changes nothing', async () => {
  const before = await printDatabase(database.url)
  const [dry, planned] = [await run('up', '+1', '--dry-run'), await run('plan', '+1')]
  expect(dry).toEqual(planned)
  expect(dry.stdout).toMatch(/To run this and nothing else: migrate up \+1 --plan-hash \w+\n$/)
  expect(await printDatabase(database.url)).toBe(before)
})

test('status has what is at head in one line, then what is not; with --all every migration', async () => {
  await run('up', '+1')
  const { stdout } = await run('status')
  expect(stdout).toBe(
    '1 migration applied, the last: Migration1_a\npending   Migration2_b\n1 of 2 migrations is to be applied: migrate up\n',
  )
  expect((await run('status', '--all')).stdout).toMatch(/^applied +Migration1_a .*\npending +Migr/)
  await run('up')
  expect((await run('status')).stdout).toBe('At head: 2 migrations applied.\n')
  expect((await run('status', '--all')).stdout.split('\n')).toHaveLength(4)
})

describe('reset', () => {
  test('is refused where the database is not disposable, and changes nothing', async () => {
    const name = new URL(database.url).pathname.slice(1)
    await query(database.url, `alter database "${name}" set "migrator.disposable" = 'off'`)
    await run('up')
    const before = await printDatabase(database.url)
    const { exit, stderr } = await run('reset')
    expect([exit, stderr]).toEqual([3, expect.stringMatching(/not marked disposable/)])
    expect(await printDatabase(database.url)).toBe(before)
  })

  test('makes a disposable one as new: nothing comes back from the archive', async () => {
    const name = new URL(database.url).pathname.slice(1)
    await query(database.url, `alter database "${name}" set "migrator.disposable" = 'on'`)
    await run('up')
    await query(database.url, 'insert into a values (1)')
    const { exit, stdout } = await run('reset')
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(/2 migrations reverted\.\n[\s\S]*2 migrations applied\.\n/),
    ])
    expect(await query(database.url, 'select * from a')).toEqual([])
    expect((await run('archive', 'list')).stdout).toBe('The archive is empty.\n')
  })
})

const folder = () => join(dirname(project.config), 'migrations')
const create = (...args: string[]) =>
  migrate(['create', ...args, '--config', project.config], { DATABASE_URL: database.url })
const everything = async () => [
  (await readdir(folder())).toSorted(),
  await readFile(project.manifest, 'utf8'),
]

describe('create --undo', () => {
  test('takes back what was created, byte for byte', async () => {
    const before = await everything()
    expect((await create('--blank', 'extra')).exit).toBe(0)
    expect(await everything()).not.toEqual(before)
    const undone = await create('--undo')
    expect([undone.exit, undone.stdout, undone.stderr]).toEqual([
      0,
      expect.stringMatching(/^Removed .*extra\.ts\.\n$/),
      '',
    ])
    expect(await everything()).toEqual(before)
  })

  test.each([
    ['does not load', 'export class {'],
    ['was edited and not recorded', `export class Extra { up() {} }`],
  ])('removes one that %s, byte for byte', async (_, text) => {
    const before = await everything()
    await create('--blank', 'extra')
    const file = (await readdir(folder())).find((one) => one.endsWith('extra.ts')) ?? ''
    await project.writeRaw(file, text)
    const undone = await create('--undo')
    expect([undone.exit, undone.stderr]).toEqual([0, ''])
    expect(await everything()).toEqual(before)
  })

  test('removes one that the version before has created', async () => {
    const before = await everything()
    await create('--blank', 'extra')
    const kept = join(dirname(project.config), 'node_modules/.cache/techfacts-migrator')
    for (const name of await readdir(kept)) {
      const { paths, ...rest } = JSON.parse(await readFile(join(kept, name), 'utf8'))
      expect(paths).toHaveLength(1)
      await writeFile(join(kept, name), JSON.stringify(rest))
    }
    const undone = await create('--undo')
    expect([undone.exit, undone.stderr]).toEqual([0, ''])
    expect(await everything()).toEqual(before)
  })

  test('removes one that has failed and left nothing', async () => {
    const before = await everything()
    await create('--blank', 'extra')
    const file = (await readdir(folder())).find((one) => one.endsWith('extra.ts')) ?? ''
    await project.write(file.replace('.ts', ''), { up: ['select 1 / 0'] })
    await project.lock()
    expect((await run('up')).exit).toBe(1)
    const undone = await create('--undo')
    expect([undone.exit, undone.stderr]).toEqual([0, ''])
    expect(await everything()).toEqual(before)
  })

  test('is refused where it is applied, and removes nothing', async () => {
    await run('up')
    const before = await everything()
    const { exit, stderr } = await run('create', '--undo')
    expect([exit, stderr]).toEqual([
      3,
      expect.stringMatching(/Migration2_b.*in this database it is applied/),
    ])
    expect(await everything()).toEqual(before)
  })

  test('restores the snapshot, unless it was changed since', async () => {
    const snapshot = join(folder(), '.snapshot.json')
    const config = await readFile(project.config, 'utf8')
    await project.writeRaw(
      '../mikro-orm.config.ts',
      config.replace('snapshot: false', `snapshotName: '.snapshot'`),
    )
    const before = await everything()
    expect((await create('--blank', 'one')).exit).toBe(0)
    const first = await readFile(snapshot, 'utf8')
    await writeFile(snapshot, `${first}\n`)
    const refused = await create('--undo')
    expect([refused.exit, refused.stderr]).toEqual([3, expect.stringMatching(/was changed since/)])
    await writeFile(snapshot, first)
    expect((await create('--undo')).exit).toBe(0)
    expect(await everything()).toEqual(before)
  })

  test('is refused where it was not created here, and removes nothing', async () => {
    const before = await everything()
    const { exit, stderr } = await run('create', '--undo')
    expect([exit, stderr]).toEqual([
      3,
      expect.stringMatching(/Migration2_b.*it was not created in this checkout/),
    ])
    expect(await everything()).toEqual(before)
  })
})

test('a create that fails leaves nothing, wherever it fails', async () => {
  const root = dirname(project.config)
  const files = async () =>
    (await readdir(root, { recursive: true })).filter((one) => !one.startsWith('node_modules'))
  const before = await everything()
  // After the file is written: the server that is to record it is not there.
  const unrecorded = await create('--blank', 'x', '--scratch-url', 'postgres://localhost:1/none')
  expect(unrecorded.exit).toBe(1)
  expect(await everything()).toEqual(before)
  // The same: the snapshot cannot be written.
  const config = await readFile(project.config, 'utf8')
  const path = `snapshotName: 'nowhere/snapshot'`
  await writeFile(project.config, config.replace('snapshot: false', path))
  const unsaved = await create('--blank', 'x')
  expect([unsaved.exit, unsaved.stderr]).toEqual([
    expect.any(Number),
    expect.stringMatching(/nowhere/),
  ])
  expect(await everything()).toEqual(before)
  await writeFile(project.config, config)
  // Before: without a snapshot it asks a database, which is not there. The folder is not there either.
  await rm(folder(), { recursive: true })
  await rm(project.manifest)
  const all = await files()
  const args = ['create', 'first', '--config', project.config]
  const asked = await migrate(args, { DATABASE_URL: 'postgres://localhost:1/none' })
  expect(asked.exit).toBe(1)
  expect(await files()).toEqual(all)
  const first = await create('--blank', 'x', '--scratch-url', 'postgres://localhost:1/none')
  expect(first.exit).toBe(1)
  expect(await files()).toEqual(all)
})
