import { expect, test } from 'vitest'
import { KnownObjects } from '../known/known-objects.ts'
import { parseSql } from '../sql/parse.ts'
import { writeSafely } from './index.ts'

async function write(made: string, statement: string) {
  const known = new KnownObjects()
  for (const { node } of await parseSql(made)) known.learn(node)
  return writeSafely([statement], known, { mayCopy: true })
}

const TABLE = 'create table job (id int primary key, a int, b int)'

test('a type that is a domain stays one: no copy takes the place of the column', async () => {
  const { statements } = await write(
    `create domain large as bigint; ${TABLE}`,
    'alter table job alter column a type large;',
  )
  expect(statements).toEqual([expect.stringContaining('the new type is a domain')])
})

test('a key that is looked at when the transaction ends is not made again beside the old one', async () => {
  const { statements } = await write(
    `${TABLE}; alter table job add constraint u unique (a) deferrable`,
    'alter table job alter column a type bigint;',
  )
  expect(statements).toEqual([expect.stringContaining('u is deferrable')])
})

test.each([
  ['an index of the table', 'create index i_new on job (b)'],
  ['one of another table', 'create table other (c int); create index i_new on other (c)'],
  ['another table', 'create table i_new (c int)'],
])('the new index has a name that nothing has: %s', async (_, other) => {
  const { statements } = await write(
    `${TABLE}; create index i on job (a); ${other}`,
    'alter table job alter column a type bigint;',
  )
  const text = statements.join('\n').toLowerCase()
  expect(text).toMatch(/create index concurrently "?i_new_too"? on job/)
  expect(text).toContain('alter index "i_new_too" rename to "i"')
})

test('two copies of indexes in one table do not meet', async () => {
  const { statements } = await write(
    `${TABLE}; create index i on job (a); create index i_new on job (a, b)`,
    'alter table job alter column a type bigint;',
  )
  expect(statements.filter((one) => one.startsWith('alter index'))).toEqual([
    'alter index "i_new_too" rename to "i";',
    'alter index "i_new_new" rename to "i_new";',
  ])
})

test('values of which two may become the same are held against a unique key first', async () => {
  const made =
    'create table job (id int primary key, a text, b int); create unique index i on job (b, a) where b > 5'
  const { requires } = await write(made, 'alter table job alter column a type int;')
  expect(requires.at(-1)?.query).toContain('group by "b", "a"::int having count(*) > 1')
  expect(requires.at(-1)?.query).toContain('b > 5')
})
