import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { parseSql } from '../sql/parse.ts'
import { readSchema } from '../testing/database.ts'
import { writeSafely } from './index.ts'

/** What changes under its own name, or is replaced by one of another name, is there all the time: as it was, or as it becomes. */

const GIVEN = `create schema "Odd s";
  create table t (id int primary key, a int not null, b int, "Odd ""c" text, owner int);
  create table owner (id int, code int not null, constraint owner_pkey primary key (id));
  create table "Odd s"."t$&" (id int not null, a int, primary key (id));
  create index i on t (a);
  create index t_i_new on t (owner);
  create unique index part on t (a) where b > 0;
  alter table t add constraint u unique (b);
  alter table t add constraint c check (a > 0);
  create index "I$&" on "Odd s"."t$&" (a);
  insert into owner select n, n from generate_series(1, 20) n;
  insert into t select n, n, n, 'o' || n, n from generate_series(1, 20) n`

/** As MikroORM writes them: first what goes, then all that changes in columns, then what comes. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  'other columns of an index': ['drop index "i";', 'create index "i" on "t" ("a", "b");'],
  'a name that is taken': [
    'drop index "i";',
    'create index "t_i" on "t" ("b");',
    'drop index "t_i";',
    'create index "t_i" on "t" ("a");',
  ],
  'two that change their names': [
    'drop index "i";',
    'drop index "t_i_new";',
    'create index "i" on "t" ("owner");',
    'create index "t_i_new" on "t" ("a");',
  ],
  'a storage parameter of a key': [
    'alter table "t" drop constraint "u";',
    'alter table "t" add constraint "u" unique ("b") with (fillfactor = 60);',
  ],
  'another method': ['drop index "i";', 'create index "i" on "t" using hash ("a");'],
  'another condition': [
    'drop index "part";',
    'create unique index "part" on "t" ("a") where b > 1;',
  ],
  'an index that becomes unique': ['drop index "i";', 'create unique index "i" on "t" ("a");'],
  'an index of an odd schema': [
    'drop index "Odd s"."I$&";',
    'create index "I$&" on "Odd s"."t$&" ("id", "a");',
  ],
  'an index by another name': ['drop index "i";', 'create index "i_a_b" on "t" ("a", "b");'],
  'an index that becomes a key': [
    'drop index "i";',
    'alter table "t" add constraint "i" unique ("a");',
  ],
  'a key that becomes an index': [
    'alter table "t" drop constraint "u";',
    'create index "u" on "t" ("b");',
  ],
  'other columns of a key': [
    'alter table "t" drop constraint "u";',
    'alter table "t" add "n" int null;',
    'alter table "t" add constraint "u" unique ("b", "n");',
  ],
  'a key by another name': [
    'alter table "t" drop constraint "u";',
    'alter table "t" add constraint "u_a_b" unique ("a", "b") deferrable initially deferred;',
  ],
  'a primary key of several': [
    'alter table "t" drop constraint "t_pkey";',
    'alter table "t" alter column "b" set not null;',
    'alter table "t" add primary key ("id", "b");',
  ],
  'a primary key that is not known to have values': [
    'alter table "t" drop constraint "t_pkey";',
    'alter table "t" add constraint "key" primary key ("owner", "a");',
  ],
  'a primary key whose column may be NULL then': [
    'alter table "owner" drop constraint "owner_pkey";',
    'alter table "owner" alter column "id" drop not null;',
    'alter table "owner" add primary key ("code");',
  ],
  'a primary key of an odd table': [
    'alter table "Odd s"."t$&" drop constraint "t$&_pkey";',
    'alter table "Odd s"."t$&" alter "a" set not null;',
    'alter table "Odd s"."t$&" add primary key ("a", "id");',
  ],
}

/** What cannot wait: its column goes, or gets a type that the old one has no room for. */
const LEFT: Readonly<Record<string, readonly string[]>> = {
  'a column that goes': [
    'drop index "i";',
    'alter table "t" drop column "a";',
    'create index "i" on "t" ("b");',
  ],
  'a column of another type': [
    'drop index "t_i_new";',
    'alter table "t" alter column "owner" type json using (to_json("owner"));',
    'create index "t_i_new" on "t" ("b");',
  ],
}

async function learnt(): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { node } of await parseSql(GIVEN)) known.learn(node)
  return known
}

/** The fewest valid indexes that a table of them had, and the schema afterwards. */
async function run(statements: readonly string[], table: string) {
  const database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(GIVEN)
  const count = async () => {
    const { rows } = await client.query(
      'select count(*)::int as n from pg_index where indrelid = $1::regclass and indisvalid',
      [table],
    )
    return rows[0].n as number
  }
  const before = await count()
  let fewest = before
  for (const sql of statements) {
    await client.query(sql)
    fewest = Math.min(fewest, await count())
  }
  await client.end()
  const schema = await readSchema(database.url)
  await database.drop()
  return { before, fewest, schema }
}

const tableOf = (statements: readonly string[]) =>
  /(?:alter table|on) ((?:"[^"]+"\.)?"[^"]+")/.exec(statements.join(' '))?.[1] ?? ''

test.each(Object.entries(CASES))('%s', async (_, statements) => {
  const safe = await writeSafely(statements, await learnt())
  const table = tableOf(statements)
  const [short, online] = [await run(statements, table), await run(safe.statements, table)]
  expect(short.fewest).toBeLessThan(short.before)
  expect(online.fewest).toBe(online.before)
  expect(diffCatalogs(online.schema, short.schema)).toEqual([])
  expect(safe.isTransactional).toBe(false)
  const own = safe.statements.filter((sql) => /index/.test(sql) && !/^(drop|alter) index/.test(sql))
  expect(own.filter((sql) => !/concurrently|using index/.test(sql))).toEqual([])
})

test.each(Object.entries(LEFT))('%s', async (_, statements) => {
  const safe = await writeSafely(statements, await learnt())
  expect(safe.statements[0]).toMatch(/^drop index/)
  const [short, online] = [await run(statements, 't'), await run(safe.statements, 't')]
  expect(diffCatalogs(online.schema, short.schema)).toEqual([])
})
