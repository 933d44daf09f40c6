import { migrationNames, readGate } from '@techfacts/db'
import { databaseTarget, listArchive, type Project } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, isSoak, type TestDatabase } from '@techfacts/postgres/testing'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, type Ended } from '../testing/cli.ts'
import { printDatabase } from '@techfacts/migrator/testing'
import { query } from './chain.ts'
import { readFacts } from './facts.ts'
import { differencesFromBefore } from './judge.ts'
import { keep, KEEP_BASE, KEEP_CONFIG, KEEP_NAMES, prepareKeepHead, runKeep } from './keep.ts'
import { writeNewerTechFacts, type NewerTechFacts } from './newer-techfacts.ts'
import { checkOutOlderBuild, OLDER_BUILDS, type OlderBuild } from './older-build.ts'

/**
 * A service of an older build runs beside a database that this build has migrated. What holds:
 * - its gate answers, asked by an administrator or as the application's role;
 * - `status`, `up` and `down` of its program do what they say, and this build restores everything afterwards,
 *   or keeps it in the archive and says why; or they end with an error that says which version to use, and have changed nothing.
 *   The last build of format 4, which the soak plays, refuses a journal that is a view in its own words.
 */
const PLAYED = isSoak ? 2 : 1
const builds = await Promise.all(
  Object.entries(OLDER_BUILDS)
    .slice(0, PLAYED)
    .map(async ([name, commit]) => ({
      name,
      older: await checkOutOlderBuild(commit),
    })),
)

afterAll(() => Promise.all(builds.map(({ older }) => older[Symbol.asyncDispose]())))

/** Runs a command of an older build; false where it has refused, as it should. */
async function works(older: OlderBuild, args: readonly string[], url: string): Promise<boolean> {
  const before = await printDatabase(url)
  const { exit, stderr } = await older.migrate(args, url)
  if (exit === 0) return true
  expect(stderr).toMatch(
    /newer format: use version|migrator\.journal is a view, not a table|has migrations that this build does not/,
  )
  // The older of the two says so before every error of PostgreSQL.
  expect(stderr.replace(/^Unexpected: the journal of/m, '')).not.toMatch(/Unexpected|\n\s+at /)
  expect(await printDatabase(url)).toBe(before)
  return false
}

function expectDone(ended: Ended): void {
  expect(ended).toMatchObject({ exit: 0 })
}

const ROWS = `
  insert into projects (name, extraction_schema, motto) values ('one', '{}', 'ours'), ('two', '{}', null);
  insert into remark (text) values ('first'), ('second')`

async function readRows(url: string): Promise<string[]> {
  const rows = await query(
    url,
    `select format('projects %s %s', name, motto) as fact from projects union all select format('remark %s %s', id, text) from remark`,
  )
  return rows.map(({ fact }) => String(fact))
}

/** What is neither as it was nor, with the reason, in the archive: an older entry may lack what finds its rows for certain. */
async function lost(
  project: Project,
  url: string,
  before: readonly string[],
  found: readonly string[],
): Promise<string[]> {
  const entries = await listArchive(project, databaseTarget(url))
  const kept = new Set(entries.map(({ table }) => table))
  return [
    ...differencesFromBefore({ before }, found).filter(
      (line) => !kept.has(line.split(' ')[1]?.replace(/_id_seq$/, '') ?? ''),
    ),
    ...entries
      .filter(({ note }) => note === null || /refused/.test(note))
      .map(({ table, note }) => `${table} stays in the archive: ${note ?? 'nothing says why'}`),
  ]
}

describe.each(builds)('TechFacts, migrated by this build, beside a build: $name', ({ older }) => {
  let newer: NewerTechFacts
  let database: TestDatabase

  beforeAll(async () => {
    newer = await writeNewerTechFacts()
    database = await createTestDatabase()
    expectDone(await migrate(['start'], { DATABASE_URL: database.url }))
    await createRole(database.url)
    expectDone(await migrate(['grant', ROLE], { DATABASE_URL: database.url }))
  })

  afterAll(async () => {
    await database.drop()
    await newer[Symbol.asyncDispose]()
  })

  const run = async (...args: string[]) => {
    const ended = await migrate([...args, '--config', newer.config], { DATABASE_URL: database.url })
    expectDone(ended)
  }
  /** What the gate of the older build says to an administrator, and to the service itself. */
  const gates = async () => [
    await older.readGate(database.url),
    await older.readGate(asRole(database.url)),
  ]

  test('as it is, the gate of the older build is open, unless this one has made it narrower', async () => {
    const known = await namesIn(older.manifest)
    const added = migrationNames.filter((name) => !known.includes(name))
    const expected = expect.stringMatching(added.length === 0 ? /^fits$/ : /^ahead/)
    expect((await gates()).map(({ state }) => state)).toEqual([expected, expected])
    await works(older, ['status'], database.url)
  })

  test(
    'with migrations that it does not know: open behind one that widens, shut behind one that narrows',
    { tags: 'long' },
    async () => {
      await run('up', newer.wider)
      const open = expect.objectContaining({ isOpen: true, state: 'ahead' })
      expect(await gates()).toEqual([open, open])
      await run('up')
      const shut = expect.objectContaining({ isOpen: false, state: 'ahead-by-contract' })
      expect(await gates()).toEqual([shut, shut])
    },
  )

  test(
    'its way back to its own head works, or names the version to use, and this build gives everything back',
    { tags: 'long' },
    async () => {
      const { url } = database
      await query(url, ROWS)
      const before = await readRows(url)
      const isBack = await works(older, ['down', 'head', '--yes'], url)
      if (!isBack) await run('down', '-2', '--yes')
      expect(await query(url, `select to_regclass('remark') as remark`)).toEqual([{ remark: null }])
      const isOpen = expect.objectContaining({ isOpen: true })
      expect(await gates()).toEqual([isOpen, isOpen])
      await run('up')
      const project = mikroOrmProject(newer.config)
      expect(await lost(project, url, before, await readRows(url))).toEqual([])
    },
  )
})

describe.each(builds)('TechFacts, migrated by a build: $name', ({ older }) => {
  test(
    'is upgraded by this build while its service runs',
    { timeout: 240_000, tags: 'long' },
    async () => {
      await using database = await createTestDatabase()
      const { url } = database
      await createRole(url)
      expectDone(await older.migrate(['start'], url))
      expectDone(await older.migrate(['grant', ROLE], url))
      const gates = async () => [await older.readGate(url), await older.readGate(asRole(url))]
      const isOpen = expect.objectContaining({ isOpen: true })
      expect(await gates()).toEqual([isOpen, isOpen])
      const before = await printDatabase(url)
      for (const command of ['plan', 'history', 'repair', 'archive list']) {
        expectDone(await migrate(command.split(' '), { DATABASE_URL: url }))
      }
      expect(await printDatabase(url)).toBe(before)
      expectDone(await migrate(['grant', ROLE], { DATABASE_URL: url }))
      expectDone(await migrate(['up'], { DATABASE_URL: url }))
      expect(await query(url, `select to_regclass('migrator.history') is null as missing`)).toEqual(
        [{ missing: false }],
      )
      expect(await gates()).toEqual([isOpen, isOpen])
      expect(await readGate((sql) => query(asRole(url), sql))).toMatchObject({ isOpen: true })
    },
  )
})

describe('a project with rows', () => {
  const [{ older }] = builds as [(typeof builds)[0]]
  /** Half of the migrations that this build knows. */
  const OLD_NAMES = KEEP_NAMES.slice(0, 2)
  let config: string

  beforeAll(async () => {
    config = await writeOlderKeep(older.home, [KEEP_BASE, ...OLD_NAMES])
    expectDone(await older.migrate(['lock', '--config', config], ''))
  })

  test('what the older build takes back is given back by this one', { tags: 'long' }, async () => {
    await using database = await createTestDatabase({ prepare: prepareKeepHead })
    const { url } = database
    const before = await readFacts(url)
    await works(older, ['status', '--config', config], url)
    await works(older, ['down', 'head', '--yes', '--config', config], url)
    await works(older, ['down', KEEP_BASE, '--yes', '--config', config], url)
    await runKeep(url, 'up')
    expect(await lost(keep, url, before, await readFacts(url))).toEqual([])
  })

  test(
    'beside an archive that this build has filled, it goes on, or refuses to',
    { tags: 'long' },
    async () => {
      await using database = await createTestDatabase({ prepare: prepareKeepHead })
      const { url } = database
      const before = await readFacts(url)
      const target = ['down', OLD_NAMES.at(-1) ?? '', '--yes', '--config', KEEP_CONFIG]
      expectDone(await migrate(target, { DATABASE_URL: url }))
      await works(older, ['up', '--config', config], url)
      await works(older, ['down', KEEP_BASE, '--yes', '--config', config], url)
      await works(older, ['up', '--config', config], url)
      await runKeep(url, 'up')
      expect(await lost(keep, url, before, await readFacts(url))).toEqual([])
    },
  )
})

const ROLE = 'older_service'

async function createRole(url: string): Promise<void> {
  await query(
    url,
    `do $$ begin create role ${ROLE} login password 'secret'; exception when duplicate_object then null; end $$`,
  )
}

function asRole(url: string): string {
  const other = new URL(url)
  other.username = ROLE
  other.password = 'secret'
  return other.href
}

async function namesIn(manifest: string): Promise<string[]> {
  const { migrations } = JSON.parse(await readFile(manifest, 'utf8'))
  return migrations.map(({ name }: { name: string }) => name)
}

/** The fixture with these migrations only, where the older build finds its packages. */
async function writeOlderKeep(home: string, names: readonly string[]): Promise<string> {
  const folder = join(home, 'keep')
  await mkdir(join(folder, 'migrations'), { recursive: true })
  await cp(KEEP_CONFIG, join(folder, basename(KEEP_CONFIG)))
  for (const name of names) {
    const file = `migrations/${name}.ts`
    await cp(join(dirname(KEEP_CONFIG), file), join(folder, file))
  }
  return join(folder, basename(KEEP_CONFIG))
}
