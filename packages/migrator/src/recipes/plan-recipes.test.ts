import { expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { parseSql } from '../sql/parse.ts'
import { planRecipes } from './index.ts'

const TABLES = `create table job (id int primary key, a text, b text, g int generated always as (length(a)) stored, h text);
  create table part (id int, a text, primary key (id)) partition by hash (id);
  create table bare (a text unique);
  create table line (id int primary key, job int constraint line_job_foreign references job (id));
  create domain filled as text default 'x'; create domain required as text not null; create domain of as filled;
  create table typed (id int primary key, a of, b required, n int generated always as identity);
  create table parent (id int primary key, a text); create table child (b text) inherits (parent);`

async function learn(sql: string): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { node } of await parseSql(sql)) known.learn(node)
  return known
}

async function plan(
  up: readonly string[],
  fills: readonly (readonly [string, string])[] = [],
  released = TABLES,
) {
  const [known, previous] = [await learn(TABLES), await learn(released)]
  return planRecipes({ up, down: [] }, { known, previous, fills: new Map(fills) })
}

const GONE = ['alter table job drop column b;', 'alter table job add c text not null;']

test.each([
  [
    'a generated column',
    ['alter table job rename column g to n;'],
    [],
    /PostgreSQL computes the column/,
  ],
  [
    'what one is computed from',
    ['alter table job rename column a to n;'],
    [],
    /another column is computed from it/,
  ],
  [
    'a column of a partitioned table',
    ['alter table part rename column a to n;'],
    [],
    /has partitions/,
  ],
  ['a domain with a default', ['alter table typed rename column a to m;'], [], /domain/],
  ['a domain that refuses NULL', ['alter table typed rename column b to m;'], [], /domain/],
  [
    'a new column of a domain that refuses NULL',
    ['alter table job add c required not null;'],
    [['job.c', 'lower(b)']],
    /domain/,
  ],
  [
    'a number that only PostgreSQL gives',
    ['alter table typed rename column n to m;'],
    [],
    /alone gives/,
  ],
  ['a table with children', ['alter table parent rename column a to m;'], [], /inherit/],
  ['a table whose columns are not known', ['alter table child rename to m;'], [], /INHERITS/],
  ['a table without a key', ['alter table bare rename column a to n;'], [], /no key/],
  [
    'a table and its column at once',
    ['alter table job rename to task;', 'alter table task rename column b to n;'],
    [],
    /one after the other/,
  ],
  [
    'a value that the old release would miss',
    GONE,
    [['job.c', 'lower(b)']],
    /still reads what is gone[^]*job\.b/,
  ],
  [
    'a value that reads a column that is not there',
    GONE,
    [['job.c', 'lower(bb)']],
    /reads the column bb, which job does not have/,
  ],
  ['a value that is for nothing', GONE, [['job.x', '1']], /fill job\.x=1/],
  ['a value that is no expression', GONE, [['job.c', 'lower(']], /cannot read the value lower\(/],
] as const)('%s is refused, and nothing is written', async (_, up, fills, says) => {
  const error: unknown = await plan(up, fills).catch((one: unknown) => one)
  expect(error).toBeInstanceOf(MigratorError)
  expect(String(error)).toMatch(says)
})

test('what no release knows is changed in place', async () => {
  const up = ['alter table job rename column b to n;']
  const inPlace = { recipes: [], rest: { up, down: [] } }
  expect(await plan(up, [], 'create table job (id int primary key);')).toEqual(inPlace)
  expect(await planRecipes({ up, down: [] }, { known: await learn(TABLES) })).toEqual(inPlace)
})

test('a new column is there from the beginning, and what is made of it and of the renamed one at the end', async () => {
  const add = 'alter table job add column n text;'
  const index = 'create index i on job (c, n);'
  const { recipes, rest } = await plan([add, 'alter table job rename column b to c;', index])
  expect(rest.up).toEqual([add])
  expect(recipes.flat().map(({ suffix }) => suffix)).toEqual(['add', 'backfill', 'contract'])
  expect(JSON.stringify(recipes.flat().at(-1)?.up)).toContain(index)
})

test('values are moved also where no release knows the table; the drop of what they came from has its reason', async () => {
  const fills = [
    ['job.c', 'lower(b)'],
    ['job.b', 'c'],
  ] as const
  const { recipes, rest } = await plan(GONE, fills, 'create table other (id int primary key);')
  expect(rest.up).toEqual([])
  expect(recipes.flat().map(({ suffix }) => suffix)).toEqual(['add', 'backfill', 'contract'])
  expect(recipes.flat().at(-1)?.allow).toEqual({ 'deletes-data': 'c got the values of b' })
})

test('tables that a key connects get their names each by a recipe of its own', async () => {
  const { recipes, rest } = await plan([
    'alter table line drop constraint line_job_foreign;',
    'alter table job rename to task;',
    'alter table line rename to entry;',
    'alter table entry add constraint entry_job_foreign foreign key (job) references task (id);',
  ])
  expect(rest.up).toEqual([])
  expect(recipes.map(([add]) => add?.up[0])).toEqual([
    'alter table "job" rename to "task";',
    'alter table "line" rename to "entry";',
  ])
})
