import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { readQueries, writeQueries } from '../releases/recorded-query.ts'
import type { RecordedRelease } from '../releases/recorded-release.ts'
import { query, withClient } from '../testing/query.ts'
import { playQueries } from './play-queries.ts'
import type { VerifiedMigration } from './report.ts'
import { verifyCase, type Case } from './tests/verify-case.ts'

const ORDER = {
  entity: 'Order',
  table: 'orders',
  key: ['id'],
  columns: [
    { property: 'id', column: 'id', sent: 'never' as const },
    { property: 'status', column: 'state', sent: 'sometimes' as const },
  ],
  uniques: [],
  relations: [],
}

const QUERIES = [
  'select note from customer where lower(email) = lower($1)',
  'select c.note, o.total from orders o join customer c on c.id = o.customer_id where o.state = $1 limit $2',
  'select * from review where order_id = any($1) and mood = $2',
  'insert into orders (id, customer_id, state, total) values ($1, $2, $3, $4) returning *',
  'insert into customer (email, name) values ($1, $2), ($3, $4)',
  'update orders set state = $1 where id = $2',
  `with paid as (select id from orders where state = 'paid') delete from review r using paid p where r.order_id = p.id and r.stars < $1`,
]

const asFile = (queries: readonly string[]) =>
  writeQueries(queries.map((sql) => ({ sql, values: {} })))

async function releaseWith(file: string): Promise<RecordedRelease> {
  return { name: '1.4', head: 'Migration1_base', entities: [], ...(await readQueries(file)) }
}

async function verifyWith(one: Case & { readonly file: string }): Promise<VerifiedMigration> {
  const { file, ...rest } = one
  const previous = { ...(await releaseWith(file)), entities: [ORDER] }
  const { migrations } = await verifyCase({ previous, ...rest })
  const [found] = migrations
  if (!found) throw new Error('Nothing was verified.')
  return found
}

const RENAME = {
  up: `do $hidden$ begin alter table customer rename note to remark; end $hidden$`,
  down: 'alter table customer rename remark to note',
}

test.concurrent('queries that go on are no fault, and leave nothing; one that could not be recorded is not proved', async () => {
  const migration = {
    up: 'alter table customer add phone text; create index orders_at on orders (at)',
    down: 'alter table customer drop phone; drop index orders_at',
  }
  const found = await verifyWith({ file: asFile(QUERIES), ...migration })
  expect(found).toMatchObject({ verdict: 'holds', faults: [], unproved: [] })
  const file = `${asFile(QUERIES)}{"unrecorded":"select $1 from odd"}\n`
  expect(await verifyWith({ file, ...migration })).toMatchObject({
    verdict: 'unproved',
    faults: [],
    unproved: [
      {
        object: `query ${QUERIES.length + 1} of 1.4`,
        reason: expect.stringContaining('it was not recorded: a value stands where'),
      },
    ],
  })
})

test.concurrent(
  'a recorded query that a rename breaks is named, although no entity knows the column',
  { tags: 'long' },
  async () => {
    const file = asFile(QUERIES)
    const found = await verifyWith({ file, ...RENAME })
    const line = (text: string) => file.split('\n').findIndex((one) => one.includes(text)) + 1
    expect(found.faults.filter(({ cause }) => cause === 'previous-release')).toEqual([
      expect.objectContaining({
        cause: 'previous-release',
        object: 'customer.note',
        happened: expect.stringMatching(/^query \d of 1\.4: select c\.note, o\.total .*\(42703\)/),
      }),
      expect.objectContaining({
        cause: 'previous-release',
        object: 'customer.note',
        happened: `query ${line('lower(email)')} of 1.4: ${QUERIES[0]}. PostgreSQL refuses it (42703): column "note" does not exist.`,
      }),
    ])
  },
)

test.concurrent.each([
  [
    'a column that an entity knows by another name',
    'update orders set state = $1 where id = $2',
    'alter table orders rename state to status',
    'alter table orders rename status to state',
    { object: 'Order.status', happened: expect.stringContaining('"state"') },
  ],
  [
    'a column renamed under a star',
    'select * from customer where id = $1',
    RENAME.up,
    RENAME.down,
    { object: 'customer.note', happened: expect.stringContaining('has no column note any more') },
  ],
  [
    'a number that comes as a text',
    'select stars from review',
    'alter table review alter stars type bigint',
    'alter table review alter stars type int',
    { object: 'review.stars', happened: expect.stringContaining('is bigint instead of integer') },
  ],
  [
    'a label that is no longer allowed',
    `update orders set state = 'old' where id = $1`,
    `alter table orders add constraint known check (state <> 'old')`,
    'alter table orders drop constraint known',
    { object: 'Order', happened: expect.stringContaining('(23514)') },
  ],
  [
    'the key of an ON CONFLICT',
    'insert into customer (email) values ($1) on conflict (email) do nothing',
    'alter table customer drop constraint customer_email_key',
    'alter table customer add constraint customer_email_key unique (email)',
    { object: 'customer', happened: expect.stringContaining('(42P10)') },
  ],
])('%s breaks the query that relies on it', { tags: 'long' }, async (_, sql, up, down, fault) => {
  const found = await verifyWith({
    file: asFile([sql]),
    given: 'alter table customer add unique (email)',
    up: HIDDEN(up),
    down: HIDDEN(down),
  })
  expect(found.faults).toContainEqual(
    expect.objectContaining({ cause: 'previous-release', ...fault }),
  )
})

function HIDDEN(sql: string): string {
  return sql.startsWith('do') ? sql : `do $hidden$ begin ${sql}; end $hidden$`
}

test.concurrent(
  'a query that was refused before proves nothing: it is unproved, until its line has the values that it needs',
  { tags: 'long' },
  async () => {
    const sql = 'select date_trunc($1, at) from orders'
    const migration = {
      up: 'alter table customer add phone text',
      down: 'alter table customer drop phone',
    }
    const unproved = await verifyWith({ file: asFile([sql]), ...migration })
    expect(unproved).toMatchObject({ verdict: 'unproved', faults: [] })
    expect(unproved.unproved).toEqual([
      {
        object: 'query 1 of 1.4',
        reason: expect.stringMatching(
          /already before the migration with \$1 = .* \(22023\): unit .* write them in its line as "values"/,
        ),
      },
    ])
    const file = writeQueries([{ sql, values: { 1: 'day' } }])
    expect(await verifyWith({ file, ...migration })).toMatchObject({ verdict: 'holds' })
  },
)

test.concurrent(
  'what a query of the next release needs is no contract step',
  { tags: 'long' },
  async () => {
    const found = await verifyWith({
      file: '',
      queries: asFile(['select phone from customer where phone = $1', 'select 1']),
      up: 'alter table customer add phone text; alter table customer drop note',
      down: 'alter table customer drop phone; alter table customer add note text',
    })
    expect(found.faults).toEqual([
      expect.objectContaining({
        cause: 'next-release',
        object: 'customer.phone',
        happened: expect.stringContaining('select phone from customer'),
      }),
    ])
  },
)

test('what is given up because it takes too long is not tried with other rows', async () => {
  await using database = await createTestDatabase()
  await query(database.url, 'create sequence tries')
  const sql = `select nextval('tries'), pg_cancel_backend(pg_backend_pid()), pg_sleep(9)`
  const { queries } = await readQueries(asFile([sql]))
  const [answer] = await withClient(database.url, (client) => playQueries(client, queries))
  expect(answer?.refusal?.sqlstate).toBe('57014')
  expect(await query(database.url, 'select last_value from tries')).toEqual([{ last_value: '1' }])
})
