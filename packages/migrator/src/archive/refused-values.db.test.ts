import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

/** Each a value of row 1 that cannot go back, while those of the other rows can. */
interface Refused {
  readonly given: string
  readonly up?: string
  readonly down?: string
  /** What a user writes before it is applied again. */
  readonly between?: string
  readonly why: RegExp
}

const TABLE = 'create table t (id int primary key, code text); '
const ROWS = `insert into t values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')`
const X = `update t set code = 'x-' || code`
const DUPLICATE = /^1 rows were refused: duplicate key/

const CASES: Readonly<Record<string, Refused>> = {
  'another row has it': {
    given: `${TABLE}alter table t add unique (code)`,
    between: `insert into t values (9, 'a')`,
    why: DUPLICATE,
  },
  'another row has it, which is told at the end': {
    given: `${TABLE}alter table t add unique (code) deferrable initially deferred`,
    between: `insert into t values (9, 'a')`,
    why: DUPLICATE,
  },
  'another row has it, without a primary key': {
    given: 'create table t (id int, code text unique)',
    between: `insert into t values (9, 'a')`,
    why: DUPLICATE,
  },
  'a constraint forbids it now': {
    given: TABLE,
    up: `alter table t add constraint c check (code <> 'a') not valid`,
    down: `${X}; alter table t drop constraint c`,
    why: /^1 rows were refused: .* violates check constraint/,
  },
  'its domain forbids it now': {
    given: 'create domain d as text; create table t (id int primary key, code d)',
    up: `alter domain d add constraint c check (value <> 'a') not valid`,
    down: `${X}; alter domain d drop constraint c`,
    why: /^1 rows were refused: value for domain d violates/,
  },
  'its type has no such label now': {
    given: `create type e as enum ('a', 'b', 'c', 'd', 'e', 'x'); create table t (id int primary key, code e)`,
    up: `alter type e rename value 'a' to 'z'`,
    down: `alter type e rename value 'z' to 'a'; update t set code = 'x'`,
    why: /^1 rows were refused: invalid input value for enum e/,
  },
  'what it refers to is gone': {
    given: `create table l (code text primary key); insert into l values ('a'), ('b'), ('c'), ('d'), ('e');
      create table t (id int primary key, code text references l)`,
    down: 'update t set code = null',
    between: `delete from l where code = 'a'`,
    why: /^1 rows were refused: .* violates foreign key constraint/,
  },
}

async function play(
  { given, up = 'select 1', down = X, between = '' }: Omit<Refused, 'why'>,
  rows = ROWS,
) {
  await way.sql(`${given}; ${rows}`)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up, down },
  })
  await way.up(project)
  await way.down(project, 'M1')
  if (between) await way.sql(between)
  return way.up(project)
}

const NOW = 'select code from t where id < 9 order by id'
const codes = async () => (await way.sql<{ code: string }>(NOW)).map(({ code }) => code)

test.each(inTurn(Object.keys(CASES)))(
  'what cannot go back keeps nothing else: %s',
  async (name) => {
    const one = CASES[name] as Refused
    const { returned } = await play(one)
    expect((await codes()).slice(1)).toEqual(['b', 'c', 'd', 'e'])
    expect(returned).toMatchObject([{ restoredRows: 4, note: expect.stringMatching(one.why) }])
    expect(await way.archived()).toEqual(['values t 1'])
  },
)

test('a value that makes room for another goes back before it', async () => {
  const { returned } = await play({
    given: `${TABLE}alter table t add unique (code)`,
    down: `update t set code = 'z' where id = 1; update t set code = 'a' where id = 2; update t set code = 'b' where id = 3; update t set code = 'y' where id = 5`,
    between: `insert into t values (9, 'e')`,
  })
  expect(await codes()).toEqual(['a', 'b', 'c', 'd', 'y'])
  expect(returned).toMatchObject([{ restoredRows: 3, note: expect.stringMatching(DUPLICATE) }])
})

test('among many rows', async () => {
  const { returned } = await play(
    {
      given: `${TABLE}alter table t add unique (code)`,
      between: `insert into t select n + 1000, n from generate_series(100, 500, 100) n`,
    },
    'insert into t select n, n from generate_series(1, 600) n',
  )
  expect(returned).toMatchObject([
    { restoredRows: 595, note: expect.stringMatching(/^5 rows were refused/) },
  ])
  expect(await way.sql(`select id from t where code like 'x-%' order by id`)).toMatchObject(
    [100, 200, 300, 400, 500].map((id) => ({ id })),
  )
})
