import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** A value comes back as its type reads its text, whatever casts from text somebody has made. */

const way = useWayBack()

interface Type {
  readonly name: string
  readonly makes?: string
  /** What the cast makes of every text. */
  readonly casts: string
  readonly values: readonly string[]
}

const TYPES: readonly Type[] = [
  {
    name: 'comp',
    makes: 'create type comp as (a int, b text)',
    casts: `row(99, 'CAST')::comp`,
    values: [`row(1, 'x')`, `row(null, 'y,"')`],
  },
  {
    name: 'mood',
    makes: `create type mood as enum ('sad', 'glad')`,
    casts: `'glad'::mood`,
    values: [`'sad'`, `'glad'`],
  },
  {
    name: 'size',
    makes: 'create domain size as int check (value > 0)',
    casts: '7::size',
    values: ['1', '2'],
  },
  {
    name: 'span',
    makes: 'create type span as range (subtype = float8)',
    casts: `'[9,9]'::span`,
    values: [`'[1,2)'`, `'empty'`],
  },
  {
    name: 'mood[]',
    makes: `create type mood as enum ('sad', 'glad')`,
    casts: `'{glad}'::mood[]`,
    values: [`'{sad,NULL}'`, `'{}'`],
  },
  { name: 'jsonb', casts: `'"cast"'::jsonb`, values: [`'{"a": "b"}'`, `'"text"'`] },
  {
    name: 'uuid',
    casts: 'gen_random_uuid()',
    values: [`'11111111-1111-1111-1111-111111111111'`, `'22222222-2222-2222-2222-222222222222'`],
  },
  { name: 'numeric', casts: '0.0', values: ['1.50', `'NaN'`] },
  { name: 'regclass', casts: '', values: ['0::oid', `'pg_class'`] },
]

const WAYS: Readonly<Record<string, string>> = {
  'a column that is dropped': 'alter table t drop c',
  'rows that are deleted': 'delete from t where id = 1',
  'values that are overwritten': 'update t set c = null',
  'what DO takes':
    'do $$ begin update t set c = null where id = 1; delete from t where id = 2; end $$',
}

const CASES = inTurn(
  TYPES.flatMap((type) =>
    Object.entries(WAYS).map(([how, down]) => [type.name, how, { ...type, down }] as const),
  ),
)

test.each(CASES)('%s: %s', async (name, how, { makes, casts, values, down }) => {
  const isDropped = how === 'a column that is dropped'
  const add = `alter table t add c ${name}`
  await way.sql(
    `${makes ?? 'select 1'}; create table t (id int primary key, v text); ${isDropped ? '' : add}`,
  )
  if (casts !== '')
    await way.sql(`create function cast_it(text) returns ${name} language sql as $$ select ${casts} $$;
      create cast (text as ${name}) with function cast_it(text) as implicit`)
  const rows = () => way.sql('select id, v, c::text from t order by id')
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: isDropped ? add : 'select 1', down },
  })
  await way.up(project)
  await way.sql(
    `insert into t values ${values.map((value, i) => `(${i + 1}, 'v', (${value})::${name})`).join(', ')}`,
  )
  const before = await rows()
  await way.down(project, 'M1')
  await way.up(project)
  expect(await rows()).toEqual(before)
  expect(await way.sql('select note from migrator_archive.entries where note is not null')).toEqual(
    [],
  )
})
