import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { readCatalog } from './index.ts'
import { connect } from './tests/database.ts'

// A schema that is called like the relation of a view, with a thing of every sort that a query may
// name, and the relation has a column of each name. PostgreSQL has the same in pg_catalog.
const GIVEN = `
  create schema app;
  create function app.lower(text) returns text language sql immutable as 'select $1';
  create domain app.text as pg_catalog.text;
  create domain app.int4 as pg_catalog.int4;
  create collation app."C" from pg_catalog."POSIX";
  create aggregate app.max(int) (sfunc = int4larger, stype = int);
  create function app.row_number() returns bigint language internal window as 'window_row_number';
  create operator app.< (leftarg = int, rightarg = int, function = int4gt, commutator = operator(app.>));
  create operator app.> (leftarg = int, rightarg = int, function = int4lt, commutator = operator(app.<));
  create operator class app.ops for type int using btree as
    operator 1 app.<, operator 3 =, operator 5 app.>, function 1 btint4cmp(int, int);
  create table app (n int, name text, lower text, text text, int4 int, "C" text, max int, ops int, row_number int)`

/** A thing of the schema `%`. */
const QUERIES: Record<string, string> = {
  function: 'select %.lower(app.name) as l, app.lower from app',
  'function of a column of its name':
    'select %.lower(app.lower) from app where %.lower(app.text) > app.lower',
  cast: 'select app.name::%.text, app.text from app',
  'cast of a constant': `select 'a'::%.text as a, '1'::%.int4 as b from app where app.n = 1`,
  'cast to an array': 'select array[app.name]::%.text[] as a from app',
  collation: 'select app.name collate %."C" as name from app order by app."C"',
  'collation of a comparison': `select app.n from app where app.name < 'a' collate %."C"`,
  aggregate: 'select %.max(app.n) as m, max(app.max) filter (where app.max > 1) as n from app',
  'window function': 'select %.row_number() over (order by app.row_number) as r from app',
  operator: 'select app.n operator(%.<) app.int4 as o from app',
  'operator of a sort': 'select app.n from app order by app.n using operator(%.<), app.ops',
  'group by':
    "select %.lower(app.name) as l from app group by %.lower(app.name) having %.lower(app.name) > 'a'",
}

test.each(Object.entries(QUERIES))('%s: of which schema it is can be seen', async (_, query) => {
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(GIVEN)
  for (const [view, schema] of [
    ['one', 'app'],
    ['two', 'pg_catalog'],
    ['three', 'app'],
  ] as const) {
    await client.query(`create view ${view} as ${query.replaceAll('%', schema)}`)
  }
  const { objects } = await readCatalog(client)
  const [one, three, two] = objects.flatMap((object) =>
    object.kind === 'view' ? [object.definition] : [],
  )
  expect(one).toBe(three)
  expect(one).not.toBe(two)
  expect(one).not.toMatch(/(?<!public)\bapp\.(n|name|"C"|max|row_number|ops)\b(?!\()/)
})
