import { briefly, createTestDatabase } from '@techfacts/postgres/testing'
import { describe, expect, inject, test } from 'vitest'
import { readRows } from '../testing/database.ts'
import { query, withClient } from '../testing/query.ts'
import { fillTables, type FillOptions, type FilledTable } from './index.ts'
import { KINDS, SINCE_18, UNPROVED } from './tests/kinds.ts'

/** A database with these statements in the schema `s`, filled; and what its tables have got. */
async function fill(sql: string, options: Partial<FillOptions> = {}) {
  const database = await createTestDatabase()
  const filled = await withClient(database.url, async (client) => {
    await client.query(`create schema s; set search_path to s, public; ${sql}`)
    await client.query('reset all')
    await client.query(
      `do $$ begin execute format('alter database %I set search_path to s, public', current_database()); end $$`,
    )
    return undefined
  }).then(() =>
    withClient(database.url, (client) =>
      fillTables(client, { seed: 1, rowsPerTable: 20, ...options }),
    ),
  )
  return { url: database.url, filled, [Symbol.asyncDispose]: () => database.drop() }
}

const without = (filled: readonly FilledTable[]) =>
  filled.filter(({ rows }) => rows === 0).map(({ table, unproved }) => ({ ...table, unproved }))

describe('rows are found for', () => {
  const kinds = { ...KINDS, ...((inject('postgresMajor') ?? 18) >= 18 && SINCE_18) }
  test.each(briefly(Object.entries(kinds)))('%s', async (_, sql) => {
    await using made = await fill(sql)
    // A key may be of few values.
    expect(made.filled.filter(({ rows }) => rows < 2)).toEqual([])
    expect(made.filled.length).toBeGreaterThan(0)
  })
})

test('a row takes no more of an exclusion constraint or of a unique foreign key than leaves others room', async () => {
  // With this seed one of the first rows would have no end.
  await using made = await fill(
    `create table stay (starts date not null, ends date not null, check (starts < ends),
      exclude using gist (daterange(starts, ends) with &&));
    create table span (r int4range not null, exclude using gist (r with &&));
    create table left_half (id int generated always as identity primary key, other int not null unique);
    create table right_half (id int generated always as identity primary key,
      other int not null unique references left_half);
    alter table left_half add foreign key (other) references right_half`,
    { seed: 9 },
  )
  expect(made.filled.filter(({ rows }) => rows < 15)).toEqual([])
})

describe('a table that no rows are found for is told, and the others have theirs:', () => {
  test.each(Object.entries(UNPROVED))('%s', async (_, { sql, says }) => {
    await using made = await fill(sql)
    const told = without(made.filled)
    expect(told.map(({ name }) => name).toSorted()).toEqual(Object.keys(says).toSorted())
    for (const { name, unproved } of told) expect(unproved).toMatch(says[name] ?? /^$/)
  })
})

/** Of one size each. */
const SIZED = [
  'numeric(1,0)',
  'numeric(20,6)',
  'numeric(3,5)',
  'numeric(4,-2)',
  'varchar(1)',
  'varchar(300)',
  'char(1)',
  'char(12)',
  'bit(5)',
  'bit varying(9)',
  'timestamp(0)',
  'timestamptz(3)',
  'time(2)',
  'interval(0)',
  'interval day to second',
]

/** Types whose input refuses every text. */
const WITHOUT_INPUT =
  /^(pg_node_tree|pg_ndistinct|pg_dependencies|pg_mcv_list|pg_brin_\w+|gtsvector|pg_ddl_command)$/

const LIST_TYPES = `select format_type(oid, null) as type from pg_type
  where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm') and typname !~ '^_'
  order by typname`

const asTables = (types: readonly string[]) =>
  types
    .map(
      (type, i) => `
        create domain d${i} as ${type};
        create table t${i} (v ${type} not null, n ${type}, a ${type}[] not null, d d${i} not null, c ${type} default null);
        do $$ begin alter table t${i} add u ${type} unique;
          exception when undefined_object or feature_not_supported then end $$`,
    )
    .join(';')

describe('each type that PostgreSQL has', () => {
  test(
    'has rows, with values that differ, and NULL where that may be',
    { tags: 'long' },
    async () => {
      await using server = await createTestDatabase()
      const listed = await query<{ type: string }>(server.url, LIST_TYPES)
      const types = [...listed.map(({ type }) => type), ...SIZED].filter(
        (one) => !WITHOUT_INPUT.test(one),
      )
      expect(types.length).toBeGreaterThan(75)
      await using made = await fill(asTables(types))
      const told = made.filled.filter(({ rows }) => rows < 2)
      expect(told.map(({ table }) => types[Number(table.name.slice(1))])).toEqual([])
      const counts = types.map(
        (
          type,
          i,
        ) => `select '${type.replaceAll("'", "''")}' as type, count(distinct v::text) > 1 as differ,
        count(n) between 1 and count(*) - 1 as "areSomeNull" from s.t${i}`,
      )
      const found = await query<{ type: string; differ: boolean; areSomeNull: boolean }>(
        made.url,
        counts.join(' union all '),
      )
      expect(found.filter(({ differ, areSomeNull }) => !differ || !areSomeNull)).toEqual([])
    },
  )

  test('has its extremes in some row', async () => {
    await using made = await fill(
      'create table a (t text, v varchar(9), n int, b bigint, d date, x double precision, z timestamptz, e numeric(6,2), j jsonb, m text[])',
    )
    const [row] = await query(
      made.url,
      `select bool_or(t = '') as empty, bool_or(t ~ '😀') as emoji, bool_or(t like '%\\\\%') as backslash,
        bool_or(t like '%''%') as quote, bool_or(length(v) = 9) as longest, bool_or(n = -2147483648) as least,
        bool_or(b = 9223372036854775807) as most, bool_or(d = '-infinity') as infinite, bool_or(x = 'NaN') as nan,
        bool_or(z < '0001-01-01 00:00+00 BC'::timestamptz + interval '1 day') as old, bool_or(e = 9999.99) as full,
        bool_or(j = 'null') as "jsonNull", bool_or(m = '{NULL}') as "nullElement" from s.a`,
    )
    expect(Object.entries(row ?? {}).filter(([, isThere]) => isThere !== true)).toEqual([])
  })
})

const SEVERAL = Object.entries(KINDS)
  .filter(([name]) => /primary keys|circle|partitions|domains|exclusion|names/.test(name))
  .map(([, sql], i) => `create schema k${i}; set search_path to k${i}; ${sql}`)
  .join(';')

test(
  'the same seed and schema give the same rows, keys of sequences included, and another seed other ones',
  { tags: 'long' },
  async () => {
    await using first = await fill(SEVERAL)
    await using second = await fill(SEVERAL)
    await using other = await fill(SEVERAL, { seed: 2 })
    const rows = await readRows(first.url)
    expect(Object.keys(rows).length).toBeGreaterThan(30)
    expect(await readRows(second.url)).toEqual(rows)
    const same = Object.entries(await readRows(other.url)).filter(
      ([name, one]) => one.join() === rows[name]?.join(),
    )
    // Rows that consist of nothing but numbers of a sequence, or of a boolean.
    expect(same.map(([name]) => name)).toEqual(['k0.d', 'k0.g'])
    expect(second.filled).toEqual(first.filled)
  },
)

test('the rows of a table do not depend on which other tables there are', async () => {
  const sql = 'create table m (id int generated always as identity, t text, n numeric)'
  await using alone = await fill(sql)
  await using among = await fill(
    `create table a (id int, t text); ${sql}; create table z (t text unique)`,
  )
  const { m } = await readRows(alone.url)
  expect(m).toHaveLength(20)
  expect((await readRows(among.url))['m']).toEqual(m)
})

test('rows that are there stay as they are, and are referenced', async () => {
  await using made = await fill(`
    create table color (id int primary key, name text unique);
    create table thing (id serial primary key, color int not null references color, v text);
    insert into color values (1, 'red'), (2, 'blue');
    alter table color add check (id < 0) not valid;
    insert into thing values (1, 1, 'mine'), (2, 2, 'mine'), (3, 1, 'mine')`)
  expect(made.filled).toEqual([
    { table: { schema: 's', name: 'color' }, rows: 20 },
    { table: { schema: 's', name: 'thing' }, rows: 20 },
  ])
  const rows = await readRows(made.url)
  expect(rows['color']).toEqual(expect.arrayContaining(['(1,red)', '(2,blue)']))
  expect(rows['thing']?.filter((row) => row.endsWith(',mine)'))).toHaveLength(3)
  expect(await query(made.url, 'select from s.thing where color in (1, 2) and id > 3')).not.toEqual(
    [],
  )
})

test("the engine's own tables, the ledger, schemas that are excluded and members of extensions get none", async () => {
  await using made = await fill(
    `create schema migrator; create table migrator.history (n int); create schema migrator_archive;
     create table migrator_archive.kept (n int); create table public.mikro_orm_migrations (id serial, name text);
     create schema other; create table other.a (n int); create extension hstore; create table a (h hstore);
     create table member (n int); alter extension hstore add table member`,
    { ledger: { table: 'mikro_orm_migrations' }, exclude: ['other'] },
  )
  expect(made.filled).toEqual([{ table: { schema: 's', name: 'a' }, rows: 20 }])
})

test('what a role may not write is told, row security included', async () => {
  await using made = await fill(
    'create table open (n int); create table closed (n int); create table guarded (n int)',
  )
  const role = `filler_${made.url.replaceAll(/\W/g, '').slice(-12)}`
  await query(
    made.url,
    `create role ${role}; grant usage on schema s to ${role}; grant insert, select on s.open, s.guarded to ${role};
    alter table s.guarded enable row level security; create policy p on s.guarded with check (n > 5)`,
  )
  const filled = await withClient(made.url, async (client) => {
    await client.query(`set role ${role}`)
    return fillTables(client, { seed: 1, rowsPerTable: 5 })
  })
  await query(made.url, `drop owned by ${role}; drop role ${role}`)
  expect(filled).toEqual([
    {
      table: { schema: 's', name: 'closed' },
      rows: 0,
      unproved: 'PostgreSQL refuses its rows: permission denied for table closed',
    },
    {
      table: { schema: 's', name: 'guarded' },
      rows: 0,
      unproved: expect.stringContaining('row-level security policy'),
    },
    { table: { schema: 's', name: 'open' }, rows: 5 },
  ])
})

test('an error of the server undoes all rows', async () => {
  const database = await createTestDatabase()
  await query(
    database.url,
    `create table a (n int); create table b (n int);
    create function end_it() returns trigger language plpgsql as $f$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $f$;
    create trigger t before insert on b for each row execute function end_it()`,
  )
  const fill = withClient(database.url, (client) => {
    client.on('error', () => undefined)
    return fillTables(client, { seed: 1, rowsPerTable: 2 })
  })
  await expect(fill).rejects.toMatchObject({ code: '57P01' })
  expect(await query(database.url, 'select from a')).toEqual([])
  await database.drop()
})
