import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { parseSql } from '../sql/parse.ts'
import { readSchema } from '../testing/database.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { writeSafely } from './index.ts'

/** A safe form ends where the short one does, and reads or rewrites no table under a lock that stops its readers. */

const GIVEN = `create schema "Odd Schema";
  create table owner (id int primary key, code text not null);
  create table t (id int primary key, a int, b text, owner_id int, "Odd ""name" text);
  create table "Odd Schema"."a,b(c" (id int primary key, v int);
  create table bare (id int, a int not null);
  create index old_index on t (b);
  insert into owner values (1, 'x'), (2, 'y');
  insert into t select n, n, 'b' || n, 1 + n % 2, 'o' || n from generate_series(1, 200) n;
  insert into bare select n, n from generate_series(1, 50) n;
  insert into "Odd Schema"."a,b(c" select n, n from generate_series(1, 50) n`

const LONG = 'a_column_whose_name_has_as_many_bytes_as_postgresql_leaves_it'

const CASES: Readonly<Record<string, readonly string[]>> = {
  'an index': ['create index i on t (a)'],
  'an index of an expression': ['create index i on t using btree (lower(b) desc) where a > 3'],
  'a unique index': ['create unique index i on t (a) include (b);'],
  'a unique index of some rows': ['create unique index i on t (lower(b)) where a is not null'],
  'an index of an odd table': ['create index "I ""i" on "Odd Schema"."a,b(c" ("v")'],
  'an index that goes': ['drop index "old_index";'],
  'a unique key': ['alter table t add constraint u unique (a, b)'],
  'a unique key that includes': ['alter table "t" add constraint "u" unique ("a") include ("b");'],
  'a unique key of NULLs': ['alter table t add constraint u unique nulls not distinct (a)'],
  'a unique key that waits': [
    'alter table t add constraint u unique (a) deferrable initially deferred',
  ],
  'a primary key': ['alter table bare add primary key (id)'],
  'a primary key of several columns': [
    'alter table bare add constraint "the Key" primary key (a, id) deferrable',
  ],
  'a CHECK': ["alter table t add constraint c check (a > 0 and b <> 'a, b')"],
  'a CHECK of an odd table': [
    'alter table "Odd Schema"."a,b(c" add constraint "C c" check (v > 0)',
  ],
  'a foreign key': [
    'alter table "t" add constraint "f" foreign key ("owner_id") references "owner" ("id") on update cascade on delete set null;',
  ],
  'a foreign key that waits': [
    'alter table t add constraint f foreign key (owner_id) references owner (id) deferrable initially deferred',
  ],
  'NOT NULL': ['alter table t alter column a set not null'],
  'NOT NULL of an odd column': ['alter table t alter "Odd ""name" set not null'],
  'several NOT NULL at once': ['alter table t alter a set not null, alter column b set not null'],
  'a default by row': ['alter table t add u uuid default gen_random_uuid()'],
  'a required default by row': [
    'alter table t add column "u" uuid not null default gen_random_uuid()',
  ],
  'columns of every kind at once': [
    `alter table t add n int not null default 3, add m text null, add u uuid not null default gen_random_uuid(), add k numeric(10, 2) default 1.5, add v text default ', add x'`,
  ],
  'a name that is taken meanwhile': [
    'alter table t add constraint t_a_is_set check (a > 0)',
    'alter table t alter a set not null',
  ],
  'constraints without names': [
    'alter table t add check (a > 0), add check (a < 900), add check (a < id + 9), add unique (b), add unique (a) include (b), add foreign key (owner_id) references owner',
    'alter table t add check (a < 999), add unique (b), alter a set not null',
  ],
  'a constraint before the column that it is of': [
    'alter table t add check (w > 0), add constraint w_owner foreign key (w) references owner (id), alter w set not null, add column w int default 1',
  ],
  'a constraint with the old name, before that one goes': [
    `alter table t add constraint c check (a > 0)`,
    `alter table t add constraint c check (a > -1), alter "Odd ""name" set not null, drop constraint c`,
  ],
  'a key that another constraint needs': [
    'alter table t add column w int, add foreign key (w) references t (a), add unique (a)',
  ],
  'what the same migration makes': [
    'create function is_odd(int) returns boolean immutable language sql return $1 % 2 = 1',
    "create type mood as enum ('sad')",
    'create schema fresh',
    'create table fresh.fresh (id int primary key)',
    "alter table t add constraint c check (is_odd(a) or a > 0 or b = 'sad'::mood::text), add column w int",
    'alter table public.t add constraint w check (w > 0), add foreign key (w) references fresh.fresh (id)',
    'create unique index w_index on t (w)',
  ],
  'comments, before, within and after': [
    '/* first */ create /* a, b */ unique index i on t (a) -- the last',
    `alter table t add constraint c check (a > 0 and b <> '--'), -- the first, and
       add constraint d check (b <> e'\\'--') -- the second`,
    'drop /* old */ index old_index -- unused',
  ],
  'a table that may be missing': ['alter table if exists nothing add constraint c check (a > 0)'],
  'several indexes that go': ['create index i on t (a)', 'drop index if exists old_index, i, j'],
  'a collation after a default': [
    `alter table t add column n text default random()::text collate "C"`,
  ],
  'a long name': [
    `alter table t add ${LONG} int not null default floor(random() * 10)::int`,
    `alter table t add constraint ${LONG}_1 check (${LONG} >= 0)`,
  ],
  'a column and its constraints': [
    'alter table t add w int',
    'alter table t add constraint w_positive check (w > 0)',
    'alter table t add constraint w_key unique (w)',
    'alter table t add constraint w_owner foreign key (w) references owner (id)',
    'create index w_index on t (w)',
  ],
  'a renamed table': [
    'alter table t rename to tt',
    'alter table tt rename column a to aa',
    'alter table tt alter column aa set not null',
    'alter table tt add constraint c check (aa > 0)',
  ],
  'a new table': [
    'create table fresh (id int primary key, n int, owner_id int)',
    '',
    'create index fresh_n on fresh (n)',
    'alter table fresh add constraint fresh_owner foreign key (owner_id) references owner (id)',
    'alter table fresh alter n set not null',
  ],
}

interface Ran {
  readonly url: string
  readonly drop: () => Promise<void>
  /** What PostgreSQL says that it reads or writes under a strong lock. */
  readonly work: readonly string[]
  readonly rows: unknown
}

const WORK = /^(rewriting|verifying) table|^building index /

/** Each statement in a transaction of its own, as the migrator does where a form is alone. */
async function run(statements: readonly string[], queries: readonly string[] = []): Promise<Ran> {
  const database = await createTestDatabase()
  const { url } = database
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(GIVEN)
  const counts = await Promise.all(
    queries.map((query) => client.query({ text: query, rowMode: 'array' })),
  )
  expect(counts.map(({ rows }) => rows)).toEqual(queries.map(() => [['0']]))
  await client.query('set client_min_messages = debug1')
  const work: string[] = []
  let doing = ''
  client.on('notice', ({ message = '' }) => {
    // A validation reads under a lock that stops nobody, and a table of the migration's own has no readers.
    const isBeside =
      /concurrently|validate constraint/.test(doing) && !message.startsWith('rewriting')
    if (WORK.test(message) && !isBeside && !message.includes('"fresh')) work.push(message)
  })
  for (const sql of statements.filter((text) => text !== '')) {
    doing = sql
    await client.query(sql)
  }
  await client.query('set client_min_messages = notice')
  const { rows } = await client.query(
    `select id, b from ${statements.some((sql) => sql.includes('rename to')) ? 'tt' : 't'} order by id`,
  )
  await client.end()
  return { url, drop: () => database.drop(), work, rows }
}

test.each(Object.entries(CASES))('%s', async (what, statements) => {
  const safe = await writeSafely(statements, new KnownObjects())
  const queries = safe.requires.map(({ query }) => query)
  const [short, online] = [await run(statements), await run(safe.statements, queries)]
  expect(online.work).toEqual([])
  expect(online.rows).toEqual(short.rows)
  // The name of a constraint that is gone again is nowhere; order and names of the others are the same.
  expect(diffCatalogs(await readSchema(online.url), await readSchema(short.url))).toEqual([])
  const isHarmless = ['an index that goes', 'a new table', 'a table that may be missing'].includes(
    what,
  )
  expect(safe.isTransactional).toBe(['a new table', 'a table that may be missing'].includes(what))
  expect(isHarmless || short.work.length > 0 || /foreign key/.test(what)).toBe(true)
  // What is written once is safe already.
  const written = safe.statements.filter((sql) => !/set not null/.test(sql))
  const again = await writeSafely(written, new KnownObjects())
  expect(again.statements).toEqual(written)
  await Promise.all([short.drop(), online.drop()])
})

test('an index of a partitioned table alone has nothing to build, and stays as it is', async () => {
  const statements = ['create index i on only parted (id);']
  expect(await writeSafely(statements, new KnownObjects())).toEqual({
    statements,
    requires: [],
    isTransactional: true,
  })
})

test('what a column is before it gets another type is not asked', async () => {
  const change = 'alter table t alter a type text'
  const known = await learnt('create table t (a int)')
  for (const texts of [
    [change, "alter table t add constraint c check (a <> '')"],
    [`alter table t add constraint c check (a <> ''), ${change.slice('alter table t '.length)}`],
  ])
    expect((await writeSafely(texts, known.copy())).requires).toEqual([])
})

describe('what must hold before', () => {
  const UNMET: Readonly<
    Record<string, readonly [given: string, statement: string, counts: object]>
  > = {
    NULLs: [
      'update t set a = null where id < 4',
      'alter table t alter a set not null',
      { nulls: '3' },
    ],
    duplicates: [
      'update t set a = 7 where id < 4',
      'alter table t add constraint u unique (a)',
      { duplicates: '1' },
    ],
    'duplicates of an expression': [
      `update t set b = 'X' where id = 1; update t set b = 'x' where id = 2`,
      'create unique index u on t (lower(b))',
      { duplicates: '1' },
    ],
    'rows that break a CHECK': [
      'update t set a = -1 where id < 4; update t set a = null where id = 5',
      'alter table t add constraint c check (a > 0)',
      { rows: '3' },
    ],
    orphans: [
      'update t set owner_id = 9 where id < 4; update t set owner_id = null where id = 5',
      'alter table t add constraint f foreign key (owner_id) references owner (id)',
      { orphans: '3' },
    ],
    'rows without a value': ['select 1', 'alter table t add n int not null', { rows: '1' }],
  }

  test.each(Object.entries(UNMET))('%s are counted', async (_, [given, statement, counts]) => {
    const { requires } = await writeSafely([statement], new KnownObjects())
    await using database = await createTestDatabase()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(`${GIVEN}; ${given}`)
    const found = await Promise.all(requires.map(({ query }) => client.query(query)))
    await expect(client.query(statement)).rejects.toMatchObject({
      code: expect.stringMatching(/^23/),
    })
    await client.end()
    expect(found.map(({ rows }) => rows)).toEqual([[counts]])
  })
})

describe('stays as it is, or takes another name', () => {
  const GIVEN_THERE = `create table parted (id int, a int) partition by range (id);
    create table parent (id int, a int); create table t (id int, a int, constraint t_a_is_set check (a > 0))`
  const KEPT = ['alter table only parent alter a set not null;']

  test('what is said of a parent ONLY', async () => {
    const known = await learnt(GIVEN_THERE)
    for (const sql of KEPT)
      expect((await writeSafely([sql], known.copy())).statements).toEqual([sql])
  })

  test('a CHECK for the time being whose name is taken', async () => {
    const sql = 'alter table t alter a set not null'
    const { statements } = await writeSafely([sql], await learnt(GIVEN_THERE))
    await using database = await createTestDatabase()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(GIVEN_THERE)
    for (const one of statements) await client.query(one)
    const { rows } = await client.query(
      `select conname as name from pg_constraint where conrelid = 't'::regclass and contype = 'c'`,
    )
    await client.end()
    expect(rows).toEqual([{ name: 't_a_is_set' }])
  })
})

async function learnt(sql: string): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { node } of await parseSql(sql)) known.learn(node)
  return known
}
