import { briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { NEXT, PREVIOUS } from './tests/shop-releases.ts'
import { verifyCase } from './tests/verify-case.ts'

test.concurrent.each(
  briefly([
    [
      'a column beside the others',
      `alter table customer add phone text`,
      'alter table customer drop phone',
    ],
    [
      'a contract step that says so',
      'alter table customer rename note to remark',
      'alter table customer rename remark to note',
    ],
  ]),
)('the previous release works on beside %s', async (_, up, down) => {
  const { migrations } = await verifyCase({ up, down, given: KEY, previous: PREVIOUS })
  expect(migrations).toMatchObject([{ verdict: 'holds', faults: [] }])
})

const KEY = 'alter table customer add unique (email)'

const HIDDEN = (up: string) => `do $hidden$ begin ${up}; end $hidden$`

test.concurrent.each(
  briefly([
    [
      'a rename within a DO block',
      HIDDEN('alter table customer rename note to remark'),
      HIDDEN('alter table customer rename remark to note'),
      {
        object: 'Customer.note',
        happened: expect.stringContaining('column "note" does not exist'),
      },
    ],
    [
      'a key that an upsert relies on and a function takes',
      HIDDEN('alter table customer drop constraint customer_email_key'),
      HIDDEN('alter table customer add constraint customer_email_key unique (email)'),
      { object: 'Customer.email', happened: expect.stringContaining('(42P10)') },
    ],
    [
      'a required column that only a function adds',
      HIDDEN(
        `alter table orders add channel text; update orders set channel = 'web'; alter table orders alter channel set not null`,
      ),
      HIDDEN('alter table orders drop channel'),
      { object: 'Order', happened: expect.stringContaining('null value in column "channel"') },
    ],
  ]),
)(
  'the previous release does not survive %s, and its phase says that it does',
  async (_, up, down, fault) => {
    const { migrations } = await verifyCase({
      up,
      down,
      given: KEY,
      previous: PREVIOUS,
    })
    expect(migrations[0]?.faults).toContainEqual(
      expect.objectContaining({ cause: 'previous-release', ...fault }),
    )
  },
)

test('what the next release needs is no contract step', { tags: 'long' }, async () => {
  const { migrations } = await verifyCase({
    up: 'alter table customer add phone text; alter table customer drop note',
    down: 'alter table customer drop phone; alter table customer add note text',
    previous: PREVIOUS,
    entities: NEXT,
  })
  expect(migrations[0]?.faults).toContainEqual(
    expect.objectContaining({ cause: 'next-release', object: 'Customer.phone' }),
  )
})
