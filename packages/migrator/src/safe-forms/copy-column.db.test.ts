import { briefly, createTestDatabase } from '@techfacts/postgres/testing'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { migrate } from '../testing/cli.ts'
import { readSchema } from '../testing/database.ts'
import { writeEntities, type Entity } from '../testing/entities.ts'
import { query, withClient } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/*
 * A type that rewrites its table is changed by a copy of the column: whatever is written meanwhile is there afterwards, as
 * are its indexes and constraints, and a run that dies in the middle goes on where it was.
 */

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

let project: ScratchProject
let url: string
let drop: () => Promise<void>

beforeEach(async () => {
  const database = await createTestDatabase()
  ;[project, url, drop] = [await scratchProject({}), database.url, () => database.drop()]
})
afterEach(async () => {
  await project.drop()
  await drop()
})

/** Two rows may exchange their values in one transaction. */
const DEFERRED = `uniques: [{ properties: ['u'], deferMode: 'deferred' }],`

const entities = (job: Entity, owner = 'title: p.text()') =>
  writeEntities(project.config, { owner, job })

async function done(...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await migrate([...args, '--config', project.config], {
    DATABASE_URL: url,
  })
  expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  return stdout
}

async function newest(): Promise<string> {
  const folder = join(dirname(project.config), 'migrations')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted()
  return readFile(join(folder, files.at(-1) ?? ''), 'utf8')
}

/** `said` is what a column had when it was written last, as text. */
const NUMBERS = `said: p.text().nullable()`
const BEFORE = `${NUMBERS}, a: p.integer().default(3).index(), b: p.text().nullable().comment('of b'), c: p.integer().check('c > 0').unique(), d: p.string().length(20).nullable(), e: p.bigint().nullable()`
const AFTER = `${NUMBERS}, a: p.bigint().default(3).index(), b: p.integer().nullable().comment('of b'), c: p.bigint().check('c > 0').unique(), d: p.string().length(10).nullable(), e: p.integer().nullable()`

const ROWS = 12_000
const FILL = `insert into job (said, a, b, c, d, e) select n, n, n, n, n, n from generate_series(1, ${ROWS}) n`

/** Writes as an application does, values from `first` on, until it is stopped; says how many rows it has added. */
function startWriting(first: number): () => Promise<number> {
  let isStopped = false
  const work = withClient(url, async (client) => {
    for (let n = 1; ; n += 1) {
      if (isStopped) return n - 1
      const value = String(first + n)
      await client.query(
        `insert into job (said, a, b, c, d, e) values ($1, $2, $3, $4, $5, $6)`,
        Array(6).fill(value),
      )
      const row = 1 + ((n * 37) % (ROWS - 1))
      await client.query(
        `update job set said = $1, a = $2, b = $3, c = $4, d = $5, e = $6 where id = ${row} and said <> $1`,
        Array(6).fill(String(10 * first + n)),
      )
      await sleep(1)
    }
  })
  return async () => {
    isStopped = true
    return work
  }
}

const WRONG = `select count(*)::int as wrong from job
  where said is distinct from a::text or said is distinct from b::text or said is distinct from c::text or said is distinct from d::text or said is distinct from e::text`

async function expectAll(added: number): Promise<void> {
  expect(await query(url, WRONG)).toEqual([{ wrong: 0 }])
  expect(await query(url, 'select count(*)::int as rows from job')).toEqual([
    { rows: ROWS + added },
  ])
}

const fourColumns = (type: string) =>
  ['page', 'pages', 'low', 'high'].map((name) => `${name}: p.${type}().nullable()`).join()

test(
  'what is written during the copy is there, both ways, with all that the columns had',
  { tags: 'long' },
  async () => {
    await entities(BEFORE)
    const [first] = [JSON.parse(await done('create', 'first', '--json')).name as string]
    await done('up')
    const before = await readSchema(url)
    await query(url, FILL)

    await entities(AFTER)
    const { name } = JSON.parse(await done('create', 'second', '--json'))
    expect(await newest()).not.toContain('isTransactional')
    const [, back = ''] = (await newest()).split(' down()')
    expect(back.match(/do \\\$fill|alter column "\w+" type/g)).toHaveLength(5)
    expect(back).toContain('"e_new" = "e"::bigint')
    const { findings } = JSON.parse(await done('lint', name, '--json'))
    expect(findings.filter(({ level }: { level: string }) => level === 'error')).toEqual([])
    const stop = startWriting(1_000_000)
    await done('up', '--yes')
    const added = await stop()
    expect(added).toBeGreaterThan(10)
    await expectAll(added)
    const after = await readSchema(url)

    await using fresh = await createTestDatabase()
    const other = await scratchProject({})
    await writeEntities(other.config, { owner: 'title: p.text()', job: AFTER })
    const env = { DATABASE_URL: fresh.url }
    for (const command of [['create', 'first'], ['up']])
      expect((await migrate([...command, '--config', other.config], env)).exit).toBe(0)
    expect(diffCatalogs(after, await readSchema(fresh.url))).toEqual([])
    await other.drop()

    // Nothing is in the archive, since the new columns have all that the old ones had.
    expect(await query(url, 'select * from migrator_archive.entries')).toEqual([])
    const stopAgain = startWriting(2_000_000)
    await done('down', first, '--yes')
    await stopAgain()
    expect(await query(url, WRONG)).toEqual([{ wrong: 0 }])
    expect(diffCatalogs(await readSchema(url), before)).toEqual([])
    await query(
      url,
      `update job set said = 7, a = 7, b = 7, c = 20000000, d = 7, e = 7 where id = 1`,
    )
    await done('up', '--yes')
    expect(await query(url, 'select a::int, b, d from job where id = 1')).toEqual([
      { a: 7, b: 7, d: '7' },
    ])
    expect(diffCatalogs(await readSchema(url), after)).toEqual([])
  },
)

const columns = (type: string) => `${NUMBERS}, a: p.${type}().nullable().index()`

test('a run that was killed during the copy goes on, and loses nothing that was written meanwhile', async () => {
  await entities(columns('integer'))
  await done('create', 'first')
  await done('up')
  await query(url, `insert into job (said, a) select n, n from generate_series(1, ${ROWS}) n`)
  await entities(columns('bigint'))
  await done('create', 'second')

  const holder = new Client({ connectionString: url })
  await holder.connect()
  // The fill meets a lock in the middle of the table: of a trigger that nobody sees before the run has begun.
  await holder.query('select pg_advisory_lock(7)')
  await holder.query(
    `begin;
     create function wait() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(7); return new; end';
     create trigger wait before update on job for each row when (new.id = ${ROWS / 2}) execute function wait()`,
  )
  const up = ['up', '--yes', '--allow-drift', 'a trigger of the test']
  const child = spawn(process.execPath, [MAIN, ...up, '--config', project.config], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const isWaiting = new Promise<void>((resolve) => {
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('waits for')) resolve()
    })
  })
  await isWaiting
  await holder.query('commit')
  const filled = async () => {
    const [row] = await query<{ rows: number }>(
      url,
      'select count(a_new)::int as rows from job',
    ).catch(() => [])
    return row?.rows ?? 0
  }
  while ((await filled()) < ROWS / 4) await sleep(20)
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  const write = `update job set a = 5, said = 5 where id in (1, ${ROWS - 1})`
  await query(url, `${write}; set session_replication_role = replica; ${write.replace('1', '2')}`)
  await holder.end()
  const left = await filled()
  expect(left).toBeLessThan(ROWS)

  await done(...up)
  expect(
    await query(url, `select count(*)::int as wrong from job where said is distinct from a::text`),
  ).toEqual([{ wrong: 0 }])
  expect(await query(url, `select pg_typeof(a)::text as type from job limit 1`)).toEqual([
    { type: 'bigint' },
  ])
})

test('what the new column cannot give back is kept in the archive, and comes back', async () => {
  await entities('b: p.text().nullable()')
  await done('create', 'first')
  await done('up')
  await query(url, `insert into job (b) values ('7'), ('007'), (' 8 '), (null)`)
  const rows = () => query(url, 'select id, b from job order by id')
  const before = await rows()
  await entities('b: p.integer().nullable()')
  await done('create', 'second')
  await done('up', '--yes')
  expect(
    (await query<{ b: number }>(url, 'select b from job order by id')).map(({ b }) => b),
  ).toEqual([7, 7, 8, null])
  expect(await query(url, 'select rows::int from migrator_archive.entries')).toEqual([{ rows: 2 }])
  await done('down', '-1', '--yes')
  expect(await rows()).toEqual(before)
})

test(
  'a column may have any name, and what nobody knows of an index of it stops the run',
  { tags: 'long' },
  async () => {
    await entities(`${fourColumns('integer')}, c: p.integer().unique()`)
    await done('create', 'first')
    await done('up')
    await query(url, 'insert into job select n, n, n, n, n, n from generate_series(1, 100) n')
    await entities(`${fourColumns('bigint')}, c: p.integer().unique()`)
    await done('create', 'second')
    await done('up', '--yes')
    expect(
      await query(url, 'select count(*)::int as rows from job where page + low = pages + high'),
    ).toEqual([{ rows: 100 }])

    await query(url, 'alter table job replica identity using index job_c_unique')
    await entities(`${fourColumns('bigint')}, c: p.bigint().unique()`)
    await done('create', 'third')
    const { exit, stderr } = await migrate(
      ['up', '--allow-drift', 'a test', '--config', project.config],
      { DATABASE_URL: url },
    )
    expect([exit, stderr]).toEqual([3, expect.stringContaining('settings: 1')])
  },
)

test.each(
  briefly([
    ['its name has dollar signs', "t: p.integer().name('a$$b')", "t: p.bigint().name('a$$b')"],
    ['may depend on the session', 't: p.datetime()', 't: p.date()'],
    [
      'job_u_unique is deferrable',
      { properties: 'u: p.integer()', options: DEFERRED },
      { properties: 'u: p.bigint()', options: DEFERRED },
    ],
    [
      'another column is computed from it',
      `n: p.integer(), m: p.integer().generated('(n * 2) stored')`,
      `n: p.bigint(), m: p.integer().generated('(n * 2) stored')`,
    ],
  ]),
)(
  'where no copy can take the place of a column, the file says why: %s',
  async (why, before, after) => {
    await entities(before)
    await done('create', 'first')
    await entities(after)
    await done('create', 'second')
    expect(await newest()).toContain(why)
  },
)
