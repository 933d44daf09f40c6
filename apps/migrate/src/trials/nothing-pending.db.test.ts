import { createTestDatabase } from '@techfacts/postgres/testing'
import { query } from '@techfacts/migrator/testing'
import { startProxy } from '@techfacts/trials'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CHAIN_CONFIG, prepareBase, prepareHead } from './chain.ts'
import { startMigrate } from './start-migrate.ts'

const RECORDER = fileURLToPath(new URL('fixtures/record-imports.ts', import.meta.url))

/** What a run with nothing to do has no need of: the ORM, the project's own code, the parser. */
const HEAVY = [
  ['the ORM', /@mikro-orm/],
  ['the configuration', /mikro-orm\.config/],
  ['a migration', /\/Migration\d+/],
  ['a seeder', /\.seeder/],
  ['the parser', /libpg-query|pgsql-/],
] as const

/** Query and Parse: each begins a statement. */
const QUERIES = /^[QP]$/

const ENGINE = /\/packages\/migrator\/src\//

/**
 * Runs a command in a real process; says what of the heavy things it imported, how many modules of the engine, and how
 * many messages with queries it sent.
 */
async function observe(url: string, command: string) {
  let queries = 0
  const proxy = await startProxy(url, {
    judge: (_number, { type, from }) => {
      if (from === 'client' && QUERIES.test(type)) queries += 1
      return 'forward'
    },
  })
  try {
    const args = [command, '--config', CHAIN_CONFIG]
    const { exit, stderr } = await startMigrate(args, { DATABASE_URL: proxy.url }, [
      '--import',
      RECORDER,
    ]).ended
    if (exit !== 0) throw new Error(stderr)
    const urls = stderr.split('\n').filter((line) => line.startsWith('import '))
    const imports = HEAVY.filter(([, pattern]) => urls.some((url) => pattern.test(url)))
    const modules = urls.filter((url) => ENGINE.test(url)).length
    return { imports: imports.map(([name]) => name), modules, queries }
  } finally {
    await proxy.close()
  }
}

test.each([
  // The lock, the state and the change marker.
  ['start', 1],
  ['up', 1],
  // Path and locks of others, ledger, journal, what of reference data was kept, and whether a run is at work.
  ['status', 5],
])(
  'with nothing pending, %s imports neither the ORM nor the parser, and sends %i messages',
  async (command, messages) => {
    await using database = await createTestDatabase({ prepare: prepareHead })
    const { imports, queries } = await observe(database.url, command)
    expect([imports, queries]).toEqual([[], messages])
  },
)

test('a schema that was written anew and is the same is read once', async () => {
  await using database = await createTestDatabase({ prepare: prepareHead })
  await query(database.url, 'alter table item rename to other; alter table other rename to item')
  const first = await observe(database.url, 'up')
  expect(first.queries).toBeGreaterThan(1)
  expect(await observe(database.url, 'up')).toMatchObject({ queries: 1 })
})

/** An import that is not needed here belongs where it is used, as `await import(…)`. */
const MOST_MODULES = 114

test('with nothing pending, few modules of the engine are loaded', async () => {
  await using database = await createTestDatabase({ prepare: prepareHead })
  const { modules } = await observe(database.url, 'up')
  expect(modules).toBeGreaterThan(0)
  expect(modules).toBeLessThanOrEqual(MOST_MODULES)
})

test('with something pending the same observation sees all of them', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  const { imports, queries } = await observe(database.url, 'start')
  expect(imports).toEqual(HEAVY.map(([name]) => name))
  expect(queries).toBeGreaterThan(100)
})
