import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { mayCast } from '../known/casts.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { listColumns } from '../known/parts.ts'
import { parseSql } from '../sql/parse.ts'
import { writeSafely } from './index.ts'

/*
 * Which values a new type cannot hold is held against what PostgreSQL makes of each: it refuses it, or the type that was
 * gets another value back.
 */

const WHOLES = ['0', '1', '-7', '40000', '-32768', '2147483648', '9007199254740993']
const BROKENS = [...WHOLES, '0.1', '1.25', '1.255', '1e300', '1e-300', 'NaN', 'Infinity']
const UUIDS = ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '{6BA7B8109DAD11D180B400C04FD430C8}']
const READ = ['7', ' 12 ', '1.5', '1e3', '99999', '-32768', 'NaN', 'yes', 'Off']
const WORDS = [...READ, ...UUIDS, 'x', '', 'ein', 'abcdef  ', 'a ', ' a', 'äöü']
const BITS = ['1', '101', '10100', '10101', '10000000']
const SPANS = ['1.5 seconds', '1 day', '1 year 2 mons', '-3 days 04:00', '24:00', '04:05']
const PLACES = ['10.0.0.1', '10.0.0.0/8', '10.0.0.1/8', '::1']
const DAYS = ['2024-01-02', '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05.5', 'infinity']
const DOCUMENTS = [
  '{"a": 1}',
  '"\\u0000"',
  '"\\\\u0000"',
  '"\\\\\\u0000"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\uDE00"',
  '{"\\u0000": 1}',
]
const TIMES = ['03:04:05.678901', '03:04:05']

/** Types with values; those of one list become each other. */
const FAMILIES: readonly Readonly<Record<string, readonly string[]>>[] = [
  {
    smallint: WHOLES,
    int: WHOLES,
    bigint: WHOLES,
    real: BROKENS,
    'double precision': BROKENS,
    numeric: BROKENS,
    'numeric(8,2)': BROKENS,
    'numeric(12,4)': BROKENS,
    'numeric(3,3)': BROKENS,
    boolean: ['true', 'false'],
    text: WORDS,
    'varchar(4)': WORDS,
    'varchar(12)': WORDS,
    'char(6)': WORDS,
    bpchar: WORDS,
    name: WORDS,
    money: ['1.25'],
    uuid: WORDS,
  },
  {
    timestamptz: DAYS,
    'timestamptz(3)': DAYS,
    timestamp: DAYS,
    'timestamp(0)': DAYS,
    date: DAYS,
    time: TIMES,
    'time(0)': TIMES,
    'varchar(12)': WORDS,
  },
  { json: DOCUMENTS, jsonb: DOCUMENTS },
  {
    interval: SPANS,
    'interval(0)': SPANS,
    'interval year to month': SPANS,
    'interval day to hour': SPANS,
    'interval hour to second(2)': SPANS,
    'interval minute': SPANS,
    time: TIMES,
  },
  { bit: BITS, 'bit(3)': BITS, 'bit(5)': BITS, varbit: BITS, 'varbit(4)': BITS },
  { inet: PLACES, cidr: PLACES },
  { timetz: ['03:04:05.678901+02'], 'timetz(3)': [], time: TIMES },
]

const PAIRS = FAMILIES.flatMap((family) =>
  Object.entries(family).flatMap(([from, values]) =>
    Object.keys(family).flatMap((to) => (from === to ? [] : [{ from, to, values }])),
  ),
)

/** Whether a value is there again after it was of the other type; undefined where no cast leads there or back. */
const TRY = `create function pg_temp.survives(value text, was text, becomes text) returns boolean language plpgsql as $$
  declare
    is_same boolean;
  begin
    drop table if exists one;
    execute format('create temp table one as select v, v as c from (select %L::%s as v) r', value, was);
    begin
      execute format('alter table one alter c type %s %s', becomes, case when becomes ~ '^(var|bp)?char' then '' else 'using c::' || becomes end);
    exception when cannot_coerce or undefined_function or datatype_mismatch then
      return null;
    when others then
      return false;
    end;
    if was ~ 'text|char|name' and becomes !~ 'text|char|name' then
      -- A text is read; what it says of a number is there again, or was rounded.
      if becomes !~ 'numeric' then return true; end if;
      execute 'select c::numeric = v::numeric from one' into is_same;
      return is_same;
    end if;
    -- A document is there again, whatever blanks it had.
    if was ~ 'json' then return true; end if;
    execute format('alter table one alter c type %s using c::%s', was, was);
    execute case when was ~ '^char|bpchar' then 'select rtrim(c) = rtrim(v) from one' when was ~ 'interval|bit' then 'select c::text = v::text from one' else 'select c = v from one' end into is_same;
    return is_same;
  exception when cannot_coerce or undefined_function then
    return null;
  end $$`

/** What the check of a change of type counts of each value. */
async function predict(client: Client, from: string, to: string, values: readonly string[]) {
  const known = new KnownObjects()
  for (const { node } of await parseSql(`create table t (c ${from})`)) known.learn(node)
  const { requires, statements } = await writeSafely(
    [`alter table "t" alter column "c" type ${to} using ("c"::${to});`],
    known,
  )
  const [check] = requires
  const unfit = new Map<string, boolean>()
  for (const value of values) {
    await client.query('begin')
    const isValue = await client
      .query(`create temp table t as select '${value}'::${from} as c`)
      .then(() => true)
      .catch(() => false)
    // A text of which nothing says whether it can be read is read by the check itself, which then fails.
    const { rows } =
      isValue && check
        ? await client
            .query<{ changed: string }>(check.query)
            .catch(() => ({ rows: [{ changed: '1' }] }))
        : { rows: [] }
    await client.query('rollback')
    if (isValue) unfit.set(value, Number(rows[0]?.changed ?? 0) > 0)
  }
  return { unfit, hasCheck: check !== undefined, statement: statements.join() }
}

/** What PostgreSQL itself refuses, where nothing says on every version which texts it reads. */
const UNREAD = /^(text|varchar|char|bpchar).* to (timestamp|date|time|money)|^name to /

test(
  'a check counts the values that a type cannot hold, and no other',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(`set timezone = 'UTC'; ${TRY}`)
    const [missed, strict]: [string[], string[]] = [[], []]
    const seen = { values: 0, checks: 0, unfit: 0 }
    for (const { from, to, values } of PAIRS) {
      const { unfit, hasCheck, statement } = await predict(client, from, to, values)
      expect(/(var|bp)?char\(.*using/.test(statement)).toBe(false)
      if (hasCheck) seen.checks += 1
      for (const [value, isUnfit] of unfit) {
        const { rows } = await client.query<{ survives: boolean | null }>(
          'select pg_temp.survives($1, $2, $3) as survives',
          [value, from, to],
        )
        const survives = rows[0]?.survives ?? null
        if (survives === null) continue
        seen.values += 1
        if (isUnfit) seen.unfit += 1
        const line = `${from} to ${to}: ${value}`
        if (!survives && !isUnfit && !UNREAD.test(line)) missed.push(line)
        if (survives && isUnfit) strict.push(line)
      }
    }
    await client.end()
    expect({ missed, strict }).toEqual({ missed: [], strict: [] })
    expect(seen.unfit).toBeGreaterThan(200)
  },
)

const CASTED =
  `bigint bit(3) bool box bytea cidr circle date daterange float8 inet int int4range interval json jsonb macaddr macaddr8
  money numeric oid path point polygon real smallint text time timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varbit
  varchar xml one other int[] text[] uuid[] one[] jsonb[] date[]`.split(/\s+/)

/** Casts that a later version has: one that may run on an older one does without. */
const LATER =
  /^(int2|int4|int8|smallint|int|bigint) bytea$|^bytea (int2|int4|int8|smallint|int|bigint)$/

test('a cast is known to be missing where PostgreSQL has none, and nowhere else', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const enums = `create type one as enum ('a'); create type other as enum ('b')`
  await client.query(enums)
  const known = new KnownObjects()
  for (const { node } of await parseSql(enums)) known.learn(node)
  const columnOf = new Map(
    await Promise.all(
      CASTED.map(async (type) => {
        const [parsed] = await parseSql(`create table t (c ${type})`)
        return [type, parsed && listColumns(parsed.node)[0]?.column] as const
      }),
    ),
  )
  const [wrong, seen]: [string[], boolean[]] = [[], []]
  for (const from of CASTED)
    for (const to of CASTED) {
      // Labels are read as texts.
      if (/one|other/.test(from) && /one|other/.test(to)) continue
      const has = await client.query(`select null::${from}::${to}`).then(
        () => true,
        () => false,
      )
      const may = mayCast(columnOf.get(from) ?? {}, columnOf.get(to) ?? {}, known)
      seen.push(has)
      if (has !== may && !LATER.test(`${from} ${to}`)) wrong.push(`${from} ${to}: ${has}`)
    }
  await client.end()
  expect(wrong).toEqual([])
  expect(seen.filter((has) => !has).length).toBeGreaterThan(900)
})
