import { describe, expect, test } from 'vitest'
import type { Catalog } from '../catalog/index.ts'
import type { Body, Migration } from '../migration.ts'
import { readStatements } from '../sql/read-statement.ts'
import { describeMigrations } from './describe-migrations.ts'
import type { DescribedMigration } from './described-migration.ts'
import type { PlacedFinding } from './lint.ts'

const JOBS: Catalog = { objects: [{ kind: 'table', identity: 'public.jobs' }] }

async function body(sql: string): Promise<Body> {
  return { kind: 'sql', statements: await readStatements(sql, true) }
}

async function describeOne(
  up: string,
  down: string,
  { source = '', findings = [] as PlacedFinding[] } = {},
): Promise<DescribedMigration | undefined> {
  const migration: Migration = {
    name: 'M1',
    phase: 'expand',
    transactional: true,
    up: await body(up),
    down: await body(down),
    requires: [{ query: 'select 0 as n', says: 'None is there.' }],
    ensures: [],
    downRequires: [],
    allow: { 'wide-index': 'it is read' },
    checksum: '',
  }
  return describeMigrations([{ migration, file: 'M1.ts', source, before: JOBS }], findings)[0]
}

function locksOf({ kind, ...rest }: DescribedMigration['up']) {
  const segments = kind === 'sql' && 'segments' in rest ? rest.segments : []
  return segments.flatMap(({ statements }) => statements.flatMap(({ locks }) => locks))
}

describe('the statements of a migration', () => {
  test('are in the segments that a run has, each with its line, its locks and its work', async () => {
    const up =
      'alter table jobs alter attempts type bigint; create index concurrently jobs_a on jobs (a)'
    const source = `// first\nthis.addSql('alter table jobs alter attempts type bigint')\n`
    const one = await describeOne(up, 'select 1', { source })
    expect(one?.up).toMatchObject({
      kind: 'sql',
      segments: [
        {
          mode: 'transaction',
          statements: [{ line: 2 }],
        },
        { mode: 'outside', statements: [{ line: 1, locks: [] }] },
      ],
    })
    expect(one && locksOf(one.up).slice(0, 2)).toEqual([
      {
        mode: 'ACCESS EXCLUSIVE',
        on: 'jobs',
        keepsOthersFrom: 'reading and writing',
        work: 'rewrite',
        isConditional: false,
      },
      expect.objectContaining({ on: 'what inherits from jobs', isConditional: true }),
    ])
  })

  test('do not lock for anybody what they have made, and do lock what has its name elsewhere', async () => {
    const up =
      'create table a.jobs (id int); alter table a.jobs add n int; alter table public.jobs add n int; create table b (id int); alter table b add n int'
    const one = await describeOne(up, 'drop table b')
    const certain = (one ? locksOf(one.up) : []).filter(({ isConditional }) => !isConditional)
    expect(certain.map(({ on }) => on)).toEqual(['public.jobs'])
  })

  test('lock what the archive keeps of their rows, too', async () => {
    const one = await describeOne('delete from a.jobs', 'update a.jobs set n = 1')
    const locksBack = one ? locksOf(one.down).filter(({ isConditional }) => !isConditional) : []
    expect(locksBack.map(({ mode, on }) => `${mode} ${on}`)).toEqual([
      'ACCESS EXCLUSIVE the table and what its rows take along: a.jobs',
    ])
    expect(one && locksOf(one.up)).toEqual([])
  })

  test('take away on the way back what their texts say', async () => {
    const down = `drop table b, a.c; alter table jobs drop column "N m"; delete from d; update e set f = 1; truncate g;
      drop schema s cascade; drop view v; drop index i; insert into h values (1); do $$ begin end $$`
    const one = await describeOne('select 1', down)
    expect(one?.downLoses).toEqual([
      'the table b and its rows',
      'the table a.c and its rows',
      'the column jobs.N m and its values',
      'rows of d',
      'values in rows of e',
      'the rows of g',
      'all of the schema s and its rows, and what depends on it',
      'what its text does not tell (DO)',
    ])
  })
})

function finding(migration: string): PlacedFinding {
  return {
    rule: 'wide-index',
    level: 'warning',
    hazards: ['costs-later'],
    says: 'i: it is wide.',
    why: 'It costs.',
    instead: 'Make it less wide.',
    file: `${migration}.ts`,
    migration,
    line: 3,
  }
}

test('what lint finds is with its migration alone, and what is allowed says why', async () => {
  const one = await describeOne('select 1', 'select 1', {
    findings: [finding('M1'), finding('M2')],
  })
  expect(one).toMatchObject({
    hazards: [{ rule: 'wide-index', says: 'i: it is wide.', line: 3 }],
    allow: { 'wide-index': 'it is read' },
    requires: [{ says: 'None is there.' }],
  })
  expect(one?.hazards).toHaveLength(1)
})

test('it survives JSON', async () => {
  const one = await describeOne('alter table jobs add n int', 'alter table jobs drop n')
  expect(JSON.parse(JSON.stringify(one))).toEqual(one)
})
