import { expect, test } from 'vitest'
import { readStatements } from './read-statement.ts'

const checksums = async (sql: string) =>
  (await readStatements(sql, true)).map(({ checksum }) => checksum)

const ORIGINAL = `alter table "jobs" add constraint "c" check (priority in (1, 2) and status <> 'dead') not valid`

test.each([
  ['lines and indentation', ORIGINAL.replaceAll(' ', '\n   ')],
  ['comments', `/* why */ ${ORIGINAL} -- how`],
  [
    'the case of keywords and bare names',
    ORIGINAL.replace('alter table', 'ALTER Table').replace('priority', 'PRIORITY'),
  ],
  ['needless quotes', ORIGINAL.replaceAll('"', '')],
  ['a semicolon', `${ORIGINAL};`],
])('%s do not change the checksum', async (_, sql) => {
  expect(await checksums(sql)).toEqual(await checksums(ORIGINAL))
})

test.each([
  ['a table', ORIGINAL.replace('"jobs"', '"job"')],
  ['a schema', ORIGINAL.replace('"jobs"', 'public.jobs')],
  ['a constraint', ORIGINAL.replace('"c"', '"d"')],
  ['a column', ORIGINAL.replace('priority', 'id')],
  ['a number', ORIGINAL.replace('2', '3')],
  ['a string', ORIGINAL.replace('dead', 'Dead')],
  ['an operator', ORIGINAL.replace('<>', '=')],
  ['a connective', ORIGINAL.replace(' and ', ' or ')],
  ['a negation', ORIGINAL.replace(' in ', ' not in ')],
  ['NOT VALID', ORIGINAL.replace(' not valid', '')],
  ['IF EXISTS', ORIGINAL.replace('table ', 'table if exists ')],
  ['ONLY', ORIGINAL.replace('table ', 'table only ')],
  ['one element more', ORIGINAL.replace('2)', '2, 3)')],
  ['the order of elements', ORIGINAL.replace('1, 2', '2, 1')],
])('%s changes it', async (_, sql) => {
  expect(await checksums(sql)).not.toEqual(await checksums(ORIGINAL))
})

test('names its algorithm', async () => {
  expect(await checksums('select 1')).toEqual([expect.stringMatching(/^v1:[0-9a-f]{64}$/)])
})
