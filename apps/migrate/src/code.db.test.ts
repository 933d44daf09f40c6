import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { query, scratchProject, type ScratchProject } from '@techfacts/migrator/testing'
import { startMigrate } from './trials/start-migrate.ts'

let database: TestDatabase
let project: ScratchProject

beforeEach(async () => {
  database = await createTestDatabase()
  project = await scratchProject({ Migration1_a: { up: ['create table a (n int)'] } })
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

/** Runs `up` with a second migration that is code; a process of its own, since code may end it. */
async function upWith(body: string, members = '') {
  await project.writeRaw(
    'Migration2_code.ts',
    `import { Migration } from '@mikro-orm/migrations'
export class Code extends Migration {
${members}
  override async up(): Promise<void> {
${body}
  }
}
`,
  )
  await project.lock()
  const args = ['up', '--config', project.config]
  const { exit, stderr } = await startMigrate(args, { DATABASE_URL: database.url }).ended
  const [{ begun } = {}] = await query(
    database.url,
    `select to_regclass('mikro_orm_migrations') is not null as begun`,
  )
  const ledger = begun
    ? await query(database.url, 'select name from mikro_orm_migrations order by id')
    : []
  const tables = await query(
    database.url,
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname like '_' order by 1`,
  )
  const locks = await query(
    database.url,
    `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  )
  return {
    exit,
    lines: stderr.split('\n').filter((line) => /^\s+at /.test(line)),
    says: stderr,
    ledger: ledger.map(({ name }) => name),
    tables: tables.map(({ name }) => name),
    locks: locks.length,
  }
}

const MAKE = `await this.execute('create table b (n int)')`

/** What the code does, and what is said of it. Nothing of it is recorded, and nothing of it stands. */
const FAULTS: Readonly<Record<string, readonly [string, RegExp]>> = {
  'rolls back': [`${MAKE}; await this.execute('rollback')`, /may neither end it.*: rollback/],
  'commits, then fails': [
    `${MAKE}; await this.execute('/* now */ commit'); throw new Error('too late')`,
    /may neither end it.*commit/,
  ],
  'commits, and goes on in another transaction': [
    `${MAKE}; await this.execute('commit; begin')`,
    /may neither end it.*commit/,
  ],
  'commits, and does not look at the answer': [
    `${MAKE}; await this.execute('commit').catch(() => {})`,
    /may neither end it.*commit/,
  ],
  'ends the process': [`${MAKE}; process.exit(0)`, /ended the process before the work was done/],
  'waits for nothing': [
    `${MAKE}; await new Promise(() => {})`,
    /waits for a promise that never settles/,
  ],
  'does not wait for its query': [
    `${MAKE}; void this.execute('select pg_sleep(0.2)')`,
    /did not wait for a query/,
  ],
  'does not wait for a query that fails': [
    `${MAKE}; void this.execute('select 1 / 0')`,
    /did not wait for a query|division by zero/,
  ],
  'lets go of the lock': [
    `${MAKE}; await this.execute('select pg_advisory_unlock_all()')`,
    /released the migration lock/,
  ],
  'catches an error that breaks its transaction': [
    `${MAKE}; await this.execute('select 1 / 0').catch(() => {})`,
    /division by zero/,
  ],
  'catches such an error and goes on': [
    `${MAKE}; await this.execute('select 1 / 0').catch(() => {}); await this.execute('select 1')`,
    /division by zero/,
  ],
}

describe('code of a migration is no success where it', () => {
  test.each(briefly(Object.entries(FAULTS)))('%s', async (_, [body, says]) => {
    const ended = await upWith(body)
    expect(ended).toMatchObject({ exit: 1, says: expect.stringMatching(says), lines: [] })
    expect(ended).toMatchObject({ ledger: ['Migration1_a'], tables: ['a'], locks: 0 })
  })

  test('leaves open a transaction of its own', { tags: 'long' }, async () => {
    const body = `await this.execute('begin'); ${MAKE}`
    const ended = await upWith(body, 'override isTransactional() { return false }')
    expect(ended).toMatchObject({ exit: 1, says: expect.stringMatching(/left a transaction open/) })
    expect(ended).toMatchObject({ ledger: ['Migration1_a'], tables: ['a'], lines: [] })
  })
})

test(
  'code that waits for nothing while it is read does not hold the lock',
  { tags: 'long' },
  async () => {
    const body = `if (process.argv.includes('up')) await new Promise(() => {}); ${MAKE}`
    expect(await upWith(body)).toMatchObject({
      exit: 1,
      says: expect.stringMatching(/waits for a promise that never settles/),
      ledger: [],
      locks: 0,
      lines: [],
    })
  },
)

test('code that needs its time for something else gets it', { tags: 'long' }, async () => {
  const body = `${MAKE}; await new Promise((done) => setTimeout(done, 1200)); await this.execute('create table c (n int)')`
  expect(await upWith(body)).toMatchObject({
    exit: 0,
    ledger: ['Migration1_a', 'Migration2_code'],
    tables: ['a', 'b', 'c'],
  })
})

test('code outside of a transaction may have its own', { tags: 'long' }, async () => {
  const body = `await this.execute('begin'); ${MAKE}; await this.execute('commit')`
  expect(await upWith(body, 'override isTransactional() { return false }')).toMatchObject({
    exit: 0,
    ledger: ['Migration1_a', 'Migration2_code'],
  })
})
