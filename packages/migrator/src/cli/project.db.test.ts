import { createTestDatabase } from '@techfacts/postgres/testing'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let project: ScratchProject
const A = { up: ['create table a (n int)'], down: ['drop table a'] }
const B = { up: ['create table b (n int)'], down: ['drop table b'] }

beforeEach(async () => {
  project = await scratchProject({ Migration20260101000001_a: A, Migration20260101000002_b: B })
})
afterEach(() => project.drop())

const run = (...args: string[]) => migrate([...args, '--config', project.config])
const lockText = () => readFile(project.manifest, 'utf8')

/** Every file of the project with its bytes. */
async function bytesOf(folder = dirname(project.config)): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const contents = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    return [path, await readFile(path, 'utf8')] as const
  })
  return Object.fromEntries(await Promise.all(contents))
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')))
}

const [A_NAME, B_NAME] = ['Migration20260101000001_a', 'Migration20260101000002_b']
const migrationFile = (name: string, type: string) =>
  join(dirname(project.config), 'migrations', `${name}.${type}`)
const editEntry = (property: string) =>
  edit(project.manifest, (text) => {
    const manifest = JSON.parse(text)
    manifest.migrations[1][property] = 'x'
    return JSON.stringify(manifest)
  })

const takes = (members = '') => ({
  up: ['alter table a drop column n', 'alter table b rename n to m'],
  members,
})

const line = (text: string, name: string) =>
  text.split('\n').find((one) => one.includes(`"name":"${name}"`)) ?? ''

describe('the phase', () => {
  test('is told where a migration is recorded, planned and checked, with why', async () => {
    await project.write('Migration20260101000003_c', takes())
    const locked = await run('hash')
    expect([locked.exit, locked.stdout]).toEqual([
      0,
      expect.stringMatching(
        /recorded Migration\d+_c\n.*contract.*\n.*it drops column a\.n\n.*it renames b\.n to m\n/,
      ),
    ])
    expect((await run('hash', '--check')).stdout).toMatch(/Contract steps: 1 of 3/)
    const plan = await run('plan')
    expect(plan.stdout).toMatch(/_c \(up, contract\)\n.*\n +it drops column a\.n/)
    expect(plan.stdout).not.toMatch(/_a \(up, expand\)\n +(expand|contract)/)
    await using database = await createTestDatabase()
    const checked = await migrate(['check', '--config', project.config], {
      DATABASE_URL: database.url,
    })
    expect([checked.exit, checked.stdout]).toEqual([
      5,
      expect.stringMatching(/_c is pending \(contract: it drops column a\.n, and 1 more\)/),
    ])
  })

  test('expand over what breaks the release before is refused, until a reason is on record', async () => {
    await project.write('Migration20260101000003_c', takes(`readonly phase = 'expand'`))
    const before = await bytesOf()
    const refused = await run('hash')
    expect([refused.exit, refused.stderr]).toEqual([
      3,
      expect.stringMatching(
        /_c states phase = 'expand'[\s\S]*drops column a\.n[\s\S]*"phaseExceptions": \{ "Migration20260101000003_c"/,
      ),
    ])
    expect(await bytesOf()).toEqual(before)

    const text = (await lockText()).replace(
      '"migrations": [',
      '"phaseExceptions": { "Migration20260101000003_c": "no release reads it" },\n  "migrations": [',
    )
    await writeFile(project.manifest, text)
    const recorded = await run('hash')
    expect([recorded.exit, recorded.stdout]).toEqual([
      0,
      expect.stringMatching(
        /expand, although it drops column a\.n, and it renames b\.n to m: no release reads it/,
      ),
    ])
    expect((await run('hash', '--check')).exit).toBe(0)
    expect((await run('check')).exit).toBe(0)
    expect((await run('plan')).stdout).toMatch(/_c \(up, expand\)\n +expand, although/)

    const { phaseExceptions, ...rest } = JSON.parse(await lockText())
    expect(phaseExceptions).toEqual({ Migration20260101000003_c: 'no release reads it' })
    await writeFile(project.manifest, JSON.stringify(rest))
    for (const command of [['hash', '--check'], ['check']]) {
      expect([command, (await run(...command)).exit]).toEqual([command, 3])
    }
    await writeFile(project.manifest, JSON.stringify({ ...rest, phaseExceptions: { x: ' ' } }))
    expect((await run('hash')).exit).toBe(6)
  })

  test('the journal has the phase that rules, and an exception is outside of checksum and chain', async () => {
    await project.write('Migration20260101000003_c', takes())
    await project.lock()
    const { migrations } = JSON.parse(await lockText())
    expect(migrations.map(({ phase }: { phase: string }) => phase)).toEqual([
      'expand',
      'expand',
      'expand',
    ])
    for (const [exceptions, phase] of [
      [{}, 'contract'],
      [{ Migration20260101000003_c: 'no release reads it' }, 'expand'],
    ] as const) {
      await using database = await createTestDatabase()
      const lock = JSON.parse(await lockText())
      await writeFile(project.manifest, JSON.stringify({ ...lock, phaseExceptions: exceptions }))
      expect((await run('hash', '--check')).exit).toBe(0)
      const up = await migrate(['up', '--config', project.config], { DATABASE_URL: database.url })
      expect(up.exit).toBe(0)
      const { Client } = await import('pg')
      const client = new Client({ connectionString: database.url })
      await client.connect()
      const { rows } = await client.query(
        `select distinct migration, phase from migrator.history where event in ('started', 'done') order by 1`,
      )
      await client.end()
      expect(rows.map((row) => row.phase)).toEqual(['expand', 'expand', phase])
    }
  })
})

/** As git leaves it where one branch has added `_c` and another `_d`. */
async function conflicted(diff3 = false): Promise<string> {
  const sides: string[] = []
  for (const [name, sql] of [
    ['c', 'select 3'],
    ['d', 'select 4'],
  ] as const) {
    await project.write(`Migration20260101000003_${name}`, { up: [sql] })
    await project.lock()
    sides.push(line(await lockText(), `Migration20260101000003_${name}`))
    await project.remove(`Migration20260101000003_${name}`)
  }
  await project.lock()
  const text = await lockText()
  const last = line(text, 'Migration20260101000002_b')
  await project.write('Migration20260101000003_c', { up: ['select 3'] })
  await project.write('Migration20260101000003_d', { up: ['select 4'] })
  const base = diff3 ? `\n||||||| base\n${last}` : ''
  return text.replace(
    last,
    `<<<<<<< HEAD\n${last},\n${sides[0]}${base}\n=======\n${last},\n${sides[1]}\n>>>>>>> theirs`,
  )
}

test.each([
  ['deleted', (path: string) => rm(path)],
  [
    'edited',
    async (path: string) => {
      await writeFile(path, (await readFile(path, 'utf8')).replaceAll('table b', 'table other'))
    },
  ],
  [
    'left by a merge',
    async (path: string) => {
      await writeFile(
        path,
        `<<<<<<< HEAD\n${await readFile(path, 'utf8')}=======\n>>>>>>> theirs\n`,
      )
    },
  ],
] as const)('a compiled migration that was %s is said to be written again', async (_, spoil) => {
  const before = await bytesOf()
  const name = 'Migration20260101000002_b'
  const path = Object.keys(before).find((one) => one.endsWith(`${name}.json`)) ?? ''
  await spoil(path)
  expect((await run('hash')).stdout).toBe(`wrote ${name}.json again\n`)
  expect(await bytesOf()).toEqual(before)
  expect((await run('hash')).stdout).toBe('The manifest is up to date.\n')
})

describe('an entry that is recorded again with the same statements is named, with why', () => {
  test.each([
    [
      'bytes of its file',
      () => edit(migrationFile(A_NAME, 'ts'), (text) => `${text}// A comment.\n`),
      `recorded ${A_NAME} again: its file was edited, and the statements are the same\n`,
    ],
    [
      'what comes before it',
      () => project.write(A_NAME, { ...A, down: ['drop table if exists a'] }),
      `recorded ${A_NAME}\n  expand: the previous release of the application works on beside it\nrecorded ${B_NAME} again: the entries before it are others\n`,
    ],
    [
      'its analysis',
      () => editEntry('analysis'),
      `recorded ${B_NAME} again: this version of the migrator reads it in another way\n`,
    ],
    [
      'the layout of the manifest',
      () => edit(project.manifest, (text) => JSON.stringify(JSON.parse(text))),
      'wrote the manifest again\n',
    ],
  ])('%s', async (_, change, says) => {
    await change()
    expect((await run('hash')).stdout).toBe(says)
    expect((await run('hash')).stdout).toBe('The manifest is up to date.\n')
  })
})

describe('a manifest that a merge has left in parts', () => {
  test.each([false, true])(
    'is refused, with what both branches have added (diff3: %s)',
    async (diff3) => {
      await writeFile(project.manifest, await conflicted(diff3))
      const before = await bytesOf()
      for (const command of [['hash'], ['hash', '--check'], ['create', '--blank']]) {
        const { exit, stderr } = await run(...command)
        expect([command, exit, stderr]).toEqual([
          command,
          6,
          expect.stringMatching(
            /HEAD adds Migration\d+_c, and theirs adds Migration\d+_d\.\n.*run: migrate rebase\n/,
          ),
        ])
      }
      expect(await bytesOf()).toEqual(before)
    },
  )

  test('resolved by hand, with both lines and a broken chain, it binds as much', async () => {
    const text = (await conflicted()).split('\n').filter((one) => !/^[<=>]{7}/.test(one))
    const [, second, third] = text.filter((one) => one.includes('"name":'))
    const resolved = text.filter((one, at) => one !== second || at === text.indexOf(one)).join('\n')
    await writeFile(
      project.manifest,
      resolved.replace(third ?? '', `${third},`).replaceAll(',,', ','),
    )
    expect((await run('up')).exit).not.toBe(0)
    await project.write('Migration20260101000001_a', { up: ['create table edited (n int)'] })
    expect((await run('hash')).stderr).toMatch(/_a was edited/)
    await project.remove('Migration20260101000001_a')
    expect((await run('hash')).stderr).toMatch(/have no file:[\s\S]*_a/)
    await project.write('Migration20260101000001_a', A)
    expect((await run('hash')).exit).toBe(0)
    expect((await run('hash', '--check')).exit).toBe(0)
  })

  test.each(['', '{', '[]', 'null', '{"manifestVersion":2}'])(
    'a manifest in which nothing can be read is not written over: %j',
    async (text) => {
      await writeFile(project.manifest, text)
      const ended = await run('hash')
      expect([ended.exit, ended.stderr]).toEqual([6, expect.stringMatching(/version control/)])
      expect(await lockText()).toBe(text)
    },
  )
})

/** A package of its own, with a configuration that says nothing of where its paths start. */
async function inPackage(place: string, path: string): Promise<ScratchProject> {
  const other = await project.copy()
  const folder = dirname(other.config)
  const config = (await readFile(other.config, 'utf8'))
    .replace('  baseDir: import.meta.dirname,\n', '')
    .replace(`path: 'migrations'`, `path: '${path}'`)
  await rm(other.config)
  await rm(other.manifest)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await mkdir(join(folder, place), { recursive: true })
  await writeFile(join(folder, place, 'mikro-orm.config.ts'), config)
  if (place === 'src') await rename(join(folder, 'migrations'), join(folder, 'src/migrations'))
  return {
    ...other,
    config: join(folder, place, 'mikro-orm.config.ts'),
    manifest: join(folder, place, 'migrations.manifest.json'),
  }
}

describe('a configuration elsewhere', () => {
  test.each([
    ['.', 'migrations'],
    ['.', './migrations'],
    ['src', 'src/migrations'],
    ['src', 'migrations'],
  ])('has its paths where MikroORM has them: config in %s, path %s', async (place, path) => {
    const other = await inPackage(place, path)
    try {
      const ended = await migrate(['hash', '--config', other.config])
      expect([ended.exit, ended.stderr]).toEqual([0, ''])
      expect(JSON.parse(await readFile(other.manifest, 'utf8'))).toMatchObject({
        folder: 'migrations',
        migrations: [{}, {}],
      })
    } finally {
      await other.drop()
    }
  })

  test('whose folder is not there is refused, and nothing is written', async () => {
    const other = await inPackage('.', 'migrations')
    try {
      await rm(join(dirname(other.config), 'migrations'), { recursive: true })
      const ended = await migrate(['hash', '--config', other.config])
      expect([ended.exit, ended.stderr]).toEqual([
        2,
        expect.stringMatching(/no folder .*migrations.*baseDir/),
      ])
      expect(await readdir(dirname(other.config))).not.toContain('migrations.manifest.json')
    } finally {
      await other.drop()
    }
  })

  test('that has none of what the database has: no advice takes anything back', async () => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    expect((await migrate(['up', '--config', project.config], env)).exit).toBe(0)
    for (const migrations of [{}, { Migration20300101000000_other: { up: ['select 1'] } }]) {
      const other = await scratchProject(migrations)
      for (const command of ['up', 'plan', 'status', 'check']) {
        const { exit, stdout, stderr } = await migrate([command, '--config', other.config], env)
        expect([command, exit]).toEqual([command, 6])
        expect(stdout + stderr).toMatch(/right database and the right configuration/)
        expect(stdout + stderr).not.toMatch(/migrate down/)
      }
      const down = await migrate(['down', 'head', '--yes', '--config', other.config], env)
      expect([down.exit, down.stderr]).toEqual([6, expect.stringMatching(/right configuration/)])
      await other.drop()
    }
  })
})

describe('what is pending before what is applied', () => {
  test('can be looked at and gone back behind; the advice works', async () => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    const at = (...args: string[]) => migrate([...args, '--config', project.config], env)
    expect((await at('up')).exit).toBe(0)
    await project.write('Migration20260101000001_late', { up: ['create table late (n int)'] })
    await project.lock()
    const ended = await at('up')
    expect([ended.exit, ended.stderr]).toEqual([
      6,
      expect.stringMatching(
        /Migration20260101000002_b is applied, and these migrations[\s\S]*_late becomes Migration20260101000003_late[\s\S]*migrate down Migration20260101000001_a/,
      ),
    ])
    const status = await at('status', '--all')
    expect([status.exit, status.stdout]).toEqual([
      0,
      expect.stringMatching(/pending +Migration\d+_late\napplied +Migration\d+_b[\s\S]*becomes/),
    ])
    expect((await at('status', '--exit-code')).exit).toBe(6)
    const plan = await at('plan')
    expect([plan.exit, plan.stdout]).toEqual([0, expect.stringMatching(/_late \(up[\s\S]*become/)])
    const planDown = await at('plan', '-1', '--down')
    expect([planDown.exit, planDown.stdout]).toEqual([0, expect.stringMatching(/_b \(down/)])

    // One way out: behind it, and up again.
    const down = await at('down', '-1', '--yes')
    expect([down.exit, down.stdout]).toEqual([0, expect.stringMatching(/reverted Migration\d+_b/)])
    expect(await at('up')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/_late[\s\S]*_b/),
    })
    expect((await at('check')).exit).toBe(0)
  })

  test('is in order under the name that the message gives', async () => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    const at = (...args: string[]) => migrate([...args, '--config', project.config], env)
    expect((await at('up')).exit).toBe(0)
    await project.write('Migration20260101000001_late', { up: ['create table late (n int)'] })
    await project.lock()
    const [, later = ''] = /becomes (\S+)/.exec((await at('up')).stderr) ?? []
    const folder = join(dirname(project.config), 'migrations')
    await rename(join(folder, 'Migration20260101000001_late.ts'), join(folder, `${later}.ts`))
    expect((await at('hash')).exit).toBe(0)
    expect((await at('up')).exit).toBe(0)
    expect((await at('check')).exit).toBe(0)
  })

  test.each([
    ['a clock that is ahead', 'Migration29991231235959_ahead'],
    ['a time that is none', 'Migration99999999999998_never'],
    ['a name by hand', 'Migration_by_hand'],
    ['no time at all', 'Zebra'],
  ])('is never made by create: %s', async (_, newest) => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    await project.write(newest, { up: ['select 1'] })
    await project.lock()
    for (const name of ['first', 'second']) {
      const { exit } = await migrate(['create', '--blank', name, '--config', project.config], env)
      expect(exit).toBe(0)
      const { migrations } = JSON.parse(await lockText()) as { migrations: { name: string }[] }
      expect(migrations.at(-1)?.name).toMatch(new RegExp(`${name}$`))
    }
  })
})

test('a command that changes nothing writes nothing', async () => {
  await using database = await createTestDatabase()
  const env = { DATABASE_URL: database.url }
  // Laid out by somebody else, with the ledger's schema left out: both say the same.
  const lock = JSON.parse(await lockText())
  await writeFile(project.manifest, (await lockText()).replace(/"schema": "public",\s+/, ''))
  expect(lock.migrations).toHaveLength(2)
  expect((await migrate(['up', '--config', project.config], env)).exit).toBe(0)
  const before = await bytesOf()
  const commands = [
    ['hash'],
    ['hash', '--check'],
    ['check'],
    ['plan'],
    ['plan', '--sql'],
    ['plan', 'base', '--down'],
    ['status'],
    ['history'],
    ['up'],
    ['start'],
    ['seed'],
    ['repair'],
    ['archive', 'list'],
    ['adopt', '--plan'],
    ['down', '-1'],
  ]
  for (const command of commands) {
    await migrate([...command, '--config', project.config], env)
    expect([command, await bytesOf()]).toEqual([command, before])
  }
})
