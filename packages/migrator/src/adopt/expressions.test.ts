import { expect, test } from 'vitest'
import { readCheck, readElements } from './expressions.ts'

test.each([
  [
    `(status = ANY (ARRAY['queued'::text, 'it''s'::text]))`,
    { columns: ['status'], words: ['queued', `it's`] },
  ],
  [
    `((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`,
    { columns: ['status'], words: ['a', 'b'] },
  ],
  [`(kind = 'only'::text)`, { columns: ['kind'], words: ['only'] }],
  [`((n >= 0) AND (n <= 10))`, { columns: ['n'], range: { low: '0', high: '10' } }],
  [`(n >= '-1'::integer)`, { columns: ['n'], range: { low: `'-1'::int` } }],
  // No repair uses the meaning of these.
  [`(n > 0)`, { columns: ['n'] }],
  [`(NOT (status = ANY (ARRAY['a'::text])))`, { columns: ['status'] }],
  [`(status <> ALL (ARRAY['a'::text]))`, { columns: ['status'] }],
  [`((a >= 0) AND (b <= 1))`, { columns: ['a', 'b'] }],
  [`((a >= 0) OR (a <= -1))`, { columns: ['a'] }],
  [`("odd ""name" = 'x'::text)`, { columns: ['odd "name'], words: ['x'] }],
])('a CHECK is understood as far as it can be repaired: %s', async (expression, meaning) => {
  expect(await readCheck(expression)).toEqual(meaning)
})

test('the elements of a key are expressions, without order and operator class', async () => {
  expect(
    await readElements(['project_id', 'md5(uri)', 'lower(name) COLLATE "C" text_pattern_ops DESC']),
  ).toMatchObject({ columns: ['project_id', 'uri', 'name'] })
  const { expressions } = await readElements(['project_id DESC', 'md5(uri)'])
  expect(expressions).toEqual(['project_id', 'md5(uri)'])
})
