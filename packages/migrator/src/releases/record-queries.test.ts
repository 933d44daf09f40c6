import { expect, test } from 'vitest'
import { readQueries, writeQueries } from './recorded-query.ts'
import { recordQueries } from './record-queries.ts'

/** What pg's class has to have for a program. */
function fakeClient() {
  return class {
    query(...args: unknown[]): string {
      return args.length === 0 ? 'refused' : 'answered'
    }
  }
}

async function record(texts: readonly string[]): Promise<string> {
  const Client = fakeClient()
  const recording = recordQueries(Client)
  for (const text of texts) new Client().query(text)
  return recording.text()
}

test('each query is recorded once, in order, and the program gets its answer', async () => {
  const Client = fakeClient()
  const other = new Client()
  const recording = recordQueries(Client, (client) => client !== other)
  const client = new Client()
  expect(client.query('select b from t where a = $1', [1])).toBe('answered')
  client.query({ text: 'select b from t where a = $1', values: [2] })
  client.query('begin; insert into t (a) values ($1)')
  client.query('create table x (n int)')
  client.query('select 1 into x')
  client.query('no SQL at all')
  client.query()
  other.query('select c from t')
  const text = await recording.text()
  expect(text).toBe(`{"sql":"insert into t (a) values ($1)"}
{"sql":"select b from t where a = $1"}
`)
  recording.stop()
  client.query('select later from t')
  expect(await recording.text()).toBe(text)
})

test('of two recordings each goes on until it is stopped itself', async () => {
  const Client = fakeClient()
  const [first, second] = [recordQueries(Client), recordQueries(Client)]
  first.stop()
  new Client().query('select a from t')
  second.stop()
  new Client().query('select b from t')
  expect([await first.text(), await second.text()]).toEqual(['', '{"sql":"select a from t"}\n'])
})

test.each([
  // What a driver has written into the text.
  [
    `select "t0".* from "t" as "t0" where "t0"."mail" = 'ann@x.org' and n in (1, -2) and is_on = true order by 1 limit 20`,
    'select "t0".* from "t" as "t0" where "t0"."mail" = $1 and n in ($2::int, $3::int) and is_on = true order by 1 limit 20',
  ],
  [
    `insert into "t" ("a", "b") values ('it''s', 1.5) on conflict ("a") do update set "b" = 5000000000 returning "a"`,
    'insert into "t" ("a", "b") values ($1, $2::numeric) on conflict ("a") do update set "b" = $3::bigint returning "a"',
  ],
  [
    `select extract(year from at), a::varchar(10) from t where at > date '2026-01-01' and b = E'\\n' and c = U&'x' and d = $$y$$ and e = x'1F'`,
    'select extract(year from at), a::varchar(10) from t where at > $1::date and b = $2 and c = $3 and d = $4 and e = $5',
  ],
  [`select "ü" from t where "é" = 'ö' and b = 'c'`, `select "ü" from t where "é" = $1 and b = $2`],
  [`/* user 17 */ select a from t -- 'x'`, 'select a from t'],
  // Where a number is no place of a column.
  [
    'select a from t where b in (-(41), -(-42), - /* 43 */ 44) group by a, 1, c / 45 order by 1, abs(d - 46), case when e = 47 then 0 end',
    'select a from t where b in (-($1::int), -(-$2::int), $3::int) group by a, 1, c / $4::int order by 1, abs(d - $5::int), case when e = $6::int then $7::int end',
  ],
  [
    'select sum(a) over w from t window w as (partition by b = 41 rows 2 preceding)',
    'select sum(a) over w from t window w as (partition by b = $1::int rows $2::int preceding)',
  ],
  [
    `select a from t where b > date /* 'ann' */ '2026-01-01' and c = 99999999999999999999 limit 5 + 6`,
    'select a from t where b > $1::date and c = $2::numeric limit $3::int + $4::int',
  ],
  [`update t set (a, b) = ('x', 5)`, 'update t set (a, b) = ($1, $2::int)'],
  // What the program has written beside its parameters.
  [
    `select a from t where state = 'new' and id = $1 /* trace 7 */`,
    `select a from t where state = 'new' and id = $1`,
  ],
])('no value is kept of %s', async (sent, kept) => {
  const Client = fakeClient()
  const recording = recordQueries(Client)
  new Client().query(sent)
  const queries = [{ sql: kept, values: {}, line: 1 }]
  expect(await readQueries(await recording.text())).toEqual({ queries, unrecorded: [] })
})

test('a list is recorded once, however long, and the same queries make the same text', async () => {
  const texts = [
    'select a from t where id in ($1, $2, $3)',
    'select a from t where id in ($1, $2)',
    'insert into t (a, b) values ($1, $2), ($3, $4)',
    'insert into t (a, b) values ($1, $2)',
    `insert into t (a) values ('x'), ('y')`,
    'select b from t limit 20 offset 40',
    'select b from t limit 20 offset 5',
  ]
  const text = await record(texts)
  expect(text).toBe(`{"sql":"insert into t (a) values ($1), ($2)"}
{"sql":"insert into t (a, b) values ($1, $2)"}
{"sql":"select a from t where id in ($1, $2)"}
{"sql":"select b from t limit 20 offset 5"}
`)
  expect(await record(texts.toReversed())).toBe(text)
})

test('values that were written by hand stay with their query', async () => {
  const Client = fakeClient()
  const recording = recordQueries(Client)
  new Client().query('select date_trunc($1, at) from t')
  const before = writeQueries([
    { sql: 'select date_trunc($1, at) from t', values: { 1: 'day' } },
    { sql: 'select gone from t', values: {} },
  ])
  expect(await recording.text(before)).toBe(
    '{"sql":"select date_trunc($1, at) from t","values":{"1":"day"}}\n',
  )
})

test.each([
  [
    `select * from t, json_table(doc, '$.secret' columns (n int path '$.n')) where a = 5`,
    `select * from t, json_table(doc, $1 columns (n int path $2)) where a = $3::int`,
  ],
  [
    `with recursive r as (select 1 as n union all select n + 1 from r) cycle n set is_cycle to 'secret' default 'no' using way select n from r`,
    `with recursive r as (select $1::int as n union all select n + $2::int from r) cycle n set is_cycle to $3 default $4 using way select n from r`,
  ],
])('it is said that a value stands where no parameter can: %s', async (sent, bare) => {
  const Client = fakeClient()
  const recording = recordQueries(Client)
  new Client().query(sent)
  const said = `${JSON.stringify({ unrecorded: bare })}\n`
  expect(await recording.text()).toBe(said)
  expect(await readQueries(said)).toEqual({
    queries: [],
    unrecorded: [{ unrecorded: bare, line: 1 }],
  })
  // It stays until the query is written by hand, and that stays.
  expect(await recording.text(said)).toBe(said)
  const byHand = writeQueries([{ sql: sent.replace('secret', 'open'), values: {} }])
  expect(await recording.text(byHand)).toBe(byHand)
})

test.each([
  ['select 1', 'it is not JSON'],
  ['{"unrecorded": "select 1", "sql": "select 1"}', '"unrecorded" means nothing here'],
  ['{"text": "select 1"}', 'it has no "sql" with a text'],
  ['{"sql": "select 1", "value": 1}', '"value" means nothing here'],
  ['{"sql": "select $1", "values": {"0": "x"}}', '"values" must have numbers of parameters'],
  ['{"sql": "select $1", "values": {"1": 5}}', '"values" must have numbers of parameters'],
  ['{"sql": "selec 1"}', 'PostgreSQL does not read its SQL: syntax error'],
  ['{"sql": "commit"}', 'its SQL must be one SELECT'],
  ['{"sql": "select 1; drop table t"}', 'its SQL must be one SELECT'],
  ['{"sql": ""}', 'its SQL must be one SELECT'],
])('the line %s is refused by its number', async (line, reason) => {
  await expect(readQueries(`{"sql":"select 1"}\n\n${line}\n`)).rejects.toMatchObject({
    line: 3,
    message: expect.stringContaining(reason),
  })
})
