import { expect, test } from 'vitest'
import { findFill, readFill, writeFill, type Fill } from './fill.ts'
import { parseSql } from './parse.ts'
import { readStatements } from './read-statement.ts'

const read = async (sql: string) => {
  const [parsed] = await parseSql(sql)
  return parsed && readFill(parsed.node)
}

const FILLS: readonly Fill[] = [
  { table: { name: 'job' }, from: 'a', to: 'a_new' },
  { table: { schema: 'Odd "one"', name: "it's" }, from: 'a"b', to: 'with space', cast: 'bigint' },
  { table: { name: 'job' }, from: 'a', to: 'b', cast: 'numeric(8, 2)' },
  { table: { name: 'job' }, from: 'a', to: 'b', cast: 'double precision' },
  { table: { name: 'job' }, from: 'a', to: 'b', cast: '"Odd"."Type"' },
]

test.each(FILLS)('what is written is read again: %j', async (fill) => {
  expect(await read(writeFill(fill))).toEqual(fill)
  expect(findFill(writeFill(fill))).toEqual(fill)
})

const [FILL = { table: { name: '' }, from: '', to: '' }] = FILLS
const WRITTEN = writeFill(FILL)

test.each([
  ['another statement in it', WRITTEN.replace('commit;', 'delete from job; commit;')],
  ['a call in the value', WRITTEN.replace('= "a"\n', '= "a"::bool and f()\n')],
  ['no condition', WRITTEN.replace('"a_new" is not distinct from null and ', '')],
  ['another language', WRITTEN.replace('do ', 'do language plpgsql ')],
  ['a statement that is no DO', 'update job set a = 1'],
])('a text that is not quite one is none: %s', async (_, sql) => {
  expect(sql).not.toBe(WRITTEN)
  expect(await read(sql)).toBeUndefined()
  expect(findFill(sql)).toBeUndefined()
})

test.each([true, false])('it commits by itself, and may run again: %s', async (transactional) => {
  const [statement] = await readStatements(WRITTEN, transactional)
  expect(statement).toMatchObject({
    boundary: 'outside',
    completion: { probe: 'repeatable' },
    locks: [{ table: 'job', mode: 'ROW EXCLUSIVE' }],
    hasUnknownLocks: false,
    dataLosses: [{ what: 'insert', table: { name: 'job' } }],
  })
})
