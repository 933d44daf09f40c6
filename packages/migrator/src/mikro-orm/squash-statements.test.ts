import { expect, test } from 'vitest'
import { withValues } from './squash-statements.ts'

const write = (text: string, ...values: unknown[]) => withValues('M1', { text, values })

test('values are written where their places are, and nowhere else', async () => {
  const text = `select $2, 'ä$1', "$1", $1, /* $1 */ $10`
  expect(await write(text, "it's", null, 3, 4, 5, 6, 7, 8, 9, new Date(0))).toBe(
    `select null, 'ä$1', "$1", 'it''s', /* $1 */ '1970-01-01T00:00:00.000Z'`,
  )
  expect(await write('select $1, $2, $3', true, 12n, { a: 'b' })).toBe(
    `select 'true', '12', '{"a":"b"}'`,
  )
  expect(await write('select $1', Buffer.from('x\\y'))).toBe(`select  E'\\\\x785c79'`)
  await expect(write('select $1', [1])).rejects.toMatchObject({ code: 'SQUASH_REFUSED' })
})
