import { query } from '@techfacts/migrator/testing'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../root.ts'
import { smallMigrations } from './chains.ts'
import { renderChart } from './chart.ts'
import { compareApplying, compareNothingPending, openHead, type Arena } from './compare.ts'
import type { Contender } from './contender.ts'
import { bareNode, fromSources, psql } from './contenders.ts'
import { databasesOn, digest } from './database.ts'
import { applying, measureAll } from './measure-all.ts'
import { renderPage } from './report.ts'
import type { Column } from './result.ts'

let arena: Arena
beforeEach(async () => {
  const installed = await mkdtemp(join(tmpdir(), 'bench-'))
  // For what a contender would install.
  await symlink(join(ROOT, 'tools/node_modules'), join(installed, 'node_modules'))
  const server = inject('testServer')
  if (!server) throw new Error('No test server here.')
  arena = { installed, databases: databasesOn(server.url), pairs: 1, authored: new Map() }
})
afterEach(() => rm(arena.installed, { recursive: true }))

const chain = smallMigrations(2)

/** psql with other statements. */
function altered(from: string | RegExp, to: string): Contender {
  return {
    ...psql,
    name: 'other',
    prepare: (place, { steps, ...rest }) =>
      psql.prepare(place, {
        ...rest,
        steps: steps.map((step) => ({ ...step, sql: step.sql.replace(from, to) })),
      }),
  }
}

const reported = (columns: readonly Column[], rows: readonly Contender[]) => ({
  columns,
  rows,
  versions: {},
  server: 'a server',
  pairs: 1,
})

test('this repository leaves what psql leaves, and its figures are in the report', async () => {
  const compared = await compareApplying(arena, fromSources, chain)
  expect(compared).toEqual({
    ratio: expect.any(Number),
    milliseconds: expect.any(Number),
    peakMiB: expect.any(Number),
    pairs: 1,
  })
  const results = new Map([[fromSources.name, compared]])
  const columns = [{ title: chain.title, baseline: 'psql', results }] as const
  const report = reported(columns, [psql, fromSources])
  const ratio = compared.ratio.toFixed(2)
  expect(renderPage(report)).toContain(`| ${fromSources.name} | ${ratio} × (`)
  expect(renderPage(report)).not.toContain('## Failed')
  expect(renderChart(report)).toContain(`>${ratio}</text>`)
})

test(
  'what its author has left is copied for later runs, and leaves the same',
  { tags: 'long' },
  async () => {
    await compareApplying(arena, fromSources, chain)
    const lost: Contender = {
      ...fromSources,
      prepare: async (place, of) => {
        const { up } = await fromSources.prepare(place, of)
        return { up, author: { program: 'false', args: [] } }
      },
    }
    expect(await compareApplying(arena, lost, chain)).toMatchObject({ pairs: 1 })
  },
)

test(
  'with nothing pending the baseline reads the ledger that psql has left',
  { tags: 'long' },
  async () => {
    const head = await openHead(arena, chain)
    const compared = await compareNothingPending(arena, fromSources, chain, head)
    await head.close()
    expect(compared).toMatchObject({ ratio: expect.any(Number), pairs: 1 })
  },
)

const WHOLE = `create table t (id int primary key, v text not null default 'a' check (v <> ''));
create index t_v on t (v);
insert into t select n, n from generate_series(1, 3) n;
create table u (id int references t (id))`

const DIFFERENT: Readonly<Record<string, readonly [from: string, to: string]>> = {
  'a type': ['v text', 'v varchar'],
  'NOT NULL': ['text not null', 'text'],
  'a default': [`default 'a'`, `default 'b'`],
  'a check': [` check (v <> '')`, ''],
  'one column more': ['v text', 'w int, v text'],
  'one column less': ['u (id int references t (id))', 'u ()'],
  'a unique key': [' primary key', ' unique not null'],
  'a unique index': ['create index', 'create unique index'],
  'one index less': ['create index t_v on t (v);', ''],
  'a foreign key': [' references t (id)', ''],
  'one row less': ['generate_series(1, 3)', 'generate_series(1, 2)'],
}

test('the digest of what a run has left differs where anything of that does', async () => {
  const database = await arena.databases.create()
  const digestAfter = async (sql: string) => {
    await query(database.url, `drop schema public cascade; create schema public; ${sql}`)
    return digest(database.url, ['t', 'u'])
  }
  const digests = new Map([[await digestAfter(WHOLE), 'nothing']])
  expect(digests.get(await digestAfter(WHOLE))).toBe('nothing')
  for (const [what, [from, to]] of Object.entries(DIFFERENT)) {
    digests.set(await digestAfter(WHOLE.replace(from, to)), what)
  }
  expect([...digests.values()]).toEqual(['nothing', ...Object.keys(DIFFERENT)])
  await expect(digestAfter('create table t (id int)')).rejects.toThrow('"u" does not exist')
  await database.drop()
})

test('one that fails is a line of the report, and the others are measured', async () => {
  const missing: Contender = { ...bareNode, name: 'missing' }
  const [wrong, broken] = [altered('text', 'varchar'), altered('create', 'creat')]
  const all = [psql, wrong, { ...broken, name: 'broken' }, missing]
  const said: string[] = []
  const columns = await measureAll(
    arena,
    [applying(chain)],
    all,
    new Map([['missing', 'cannot be installed: no such package']]),
    (_columns, _title, name) => said.push(name),
  )
  expect(said).toEqual(all.map(({ name }) => name))
  const page = renderPage(reported(columns, all))
  expect(page).toMatch(/\| psql \| \d+\.\d\d × /)
  expect(page).toContain('| broken | failed |')
  expect(page).toContain(
    `- 2 small migrations: other: other has left another schema than psql: 2 small migrations
- 2 small migrations: broken: psql:all.sql:3: ERROR:  syntax error at or near "creat"
- 2 small migrations: missing: cannot be installed: no such package`,
  )
  expect(renderChart(reported(columns, all))).not.toContain('broken')
})
