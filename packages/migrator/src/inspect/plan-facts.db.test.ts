import { databaseTarget, preview } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderPlan } from '../cli/render/plan.ts'
import { printDatabase } from '../testing/database-print.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let database: TestDatabase
let project: ScratchProject

beforeAll(async () => {
  database = await createTestDatabase({ prepare })
  project = await scratchProject({
    Migration1_new: {
      up: ['create table fresh (n int)', 'create index on fresh (n)'],
      down: ['drop table fresh'],
    },
    Migration2_jobs: {
      up: [
        'alter table jobs add column token uuid default gen_random_uuid()',
        'create index concurrently jobs_n on jobs (n)',
        'alter table jobs drop column label',
        `do $$ begin perform 1; end $$`,
      ],
    },
    Migration3_events: { up: ['create index events_at on events (at)'] },
  })
})

afterAll(async () => {
  await Promise.all([database.drop(), project.drop()])
})

async function prepare(url: string): Promise<void> {
  await using client = await connected(url)
  await client.query(`
    create table jobs (n int primary key, label text);
    insert into jobs select i, case when i <= 70 then 'x' end from generate_series(1, 10000) i;
    create table events (at timestamptz) partition by range (at);
    create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
    create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
    insert into events select '2026-01-15' from generate_series(1, 300);
    insert into events select '2026-02-15' from generate_series(1, 200);`)
  await client.query('analyze')
}

async function connected(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url, application_name: 'somebody' })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

const UP = { direction: 'up', target: 'head' } as const

const plan = () => preview(mikroOrmProject(project.config), databaseTarget(database.url), UP)

describe('a plan, with a database given', () => {
  test('shows what each segment locks, how large that is, and what is lost; and changes nothing', async () => {
    const before = await printDatabase(database.url)
    const previewed = await plan()
    expect(await printDatabase(database.url)).toBe(before)
    const text = renderPlan(previewed, 'migrate up')
    const jobs = String.raw`\(about 10,000 rows, \d+ kB\)`
    for (const line of [
      String.raw`- locks jobs ACCESS EXCLUSIVE, nobody else reads or writes, rewrites all of it ${jobs}`,
      String.raw`- locks jobs SHARE UPDATE EXCLUSIVE, others read and write on, builds an index of it ${jobs}`,
      String.raw`- what else it locks, its text does not tell`,
      String.raw`- locks events SHARE, nobody else writes, builds an index of it \(about 500 rows, \d+ kB\)`,
      String.raw`- locks events_1 SHARE, nobody else writes, builds an index of it \(about 300 rows, \d+ kB\)`,
      String.raw`jobs\.label.*70`,
    ]) {
      expect(text).toMatch(new RegExp(`^ *${line}`, 'm'))
    }
    expect(text).not.toMatch(/locks fresh/)
  })

  test('knows what an earlier migration of it makes', async () => {
    const chain = await scratchProject({
      Migration1_score: { up: ['create domain score as int check (value >= 0)'] },
      Migration2_jobs: { up: ['alter table jobs add column score score default 1'] },
    })
    const { facts } = await preview(mikroOrmProject(chain.config), databaseTarget(database.url), UP)
    expect(facts?.segments.map(({ locks }) => locks)).toMatchObject([
      [],
      [{ relation: 'jobs', work: 'rewrite' }],
    ])
    await chain.drop()
  })

  test('waits for nobody who holds a table, and says what it could not count', async () => {
    await using other = await connected(database.url)
    await other.query('begin; lock table jobs')
    const started = performance.now()
    const previewed = await plan()
    expect(performance.now() - started).toBeLessThan(5000)
    await other.query('rollback')
    const { facts } = previewed
    expect(facts?.segments.map(({ inTheWay }) => inTheWay.length)).toEqual([0, 1, 1, 1, 0])
    expect(renderPlan(previewed, 'migrate up')).toMatch(
      /- in the way now: pid \d+, somebody, postgres, idle in transaction/,
    )
    expect(facts?.losses).toBeUndefined()
    const sizes = facts?.segments.flatMap(({ locks }) => locks.filter((l) => l.relation === 'jobs'))
    expect(sizes?.[0]).toMatchObject({ rows: 10_000, bytes: expect.any(Number) })
    expect(sizes?.[0]?.bytes).toBeGreaterThan(300_000)
  })
})
