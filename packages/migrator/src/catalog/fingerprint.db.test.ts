import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { fingerprint, readCatalog, serializeCatalog, type Catalog } from './index.ts'
import {
  apply,
  changesOf,
  connect,
  EXTENSIONS,
  give,
  majorOf,
  prepareChanges,
  say,
} from './tests/database.ts'
import { dumpDatabase, NOT_DUMPED, pgDumpMajor } from './tests/dump.ts'

/** The catalog of a database that is filled by `fill` and dropped again. */
async function catalogAfter(fill: (client: Client) => Promise<unknown>): Promise<Catalog> {
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await fill(client)
  return await readCatalog(client)
}

type Client = Awaited<ReturnType<typeof connect>>

test('one database is the same on every version of PostgreSQL', async () => {
  const sql = await readFile(new URL('tests/sample.sql', import.meta.url), 'utf8')
  const catalog = await catalogAfter((client) => client.query(sql))
  await expect(serializeCatalog(catalog)).toMatchFileSnapshot('tests/snapshots/sample.jsonl')
})

test('a database made in another order is the same', async () => {
  const forwards = await catalogAfter(async (client) => {
    await client.query(EXTENSIONS)
    for (const change of await changesOf(client)) await give(client, change)
  })
  const backwards = await catalogAfter(async (client) => {
    await client.query(EXTENSIONS)
    const changes = await changesOf(client)
    for (const change of changes.toReversed()) await give(client, change)
  })
  expect(say(backwards, forwards)).toEqual([])
  expect(fingerprint(backwards)).toBe(fingerprint(forwards))
})

test('no order counts that PostgreSQL does not keep to: of columns, options, grants, parents', async () => {
  const one = await catalogAfter((client) =>
    client.query(`
      create table thing (a int, b text); create table other_thing (c int);
      create table job (a int, b text, c int, d text) inherits (thing, other_thing);
      create table item (id int primary key, n int not null, name text);
      alter table item set (fillfactor = 70, autovacuum_enabled = off);
      grant select on item to pg_monitor; grant select on item to pg_read_all_data;
      create statistics s on n, name from item; create publication p for table item (id, n), thing;
      create policy q on item to pg_monitor, pg_read_all_data;
      create function f() returns int language sql set work_mem = '5MB' set jit = off as 'select 1'`),
  )
  const two = await catalogAfter((client) =>
    client.query(`
      create table item (name text, dropped int, n int); alter table item drop dropped;
      alter table item add id int primary key; alter table item alter n set not null;
      create table other_thing (c int); create table thing (b text, a int);
      create table job (d text, c int, b text, a int) inherits (other_thing, thing);
      alter table item set (autovacuum_enabled = off); alter table item set (fillfactor = 70);
      grant select on item to pg_read_all_data; grant select, update on item to pg_monitor;
      revoke update on item from pg_monitor;
      create statistics s on name, n from item; create publication p for table thing, item (n, id);
      create policy q on item to pg_read_all_data, pg_monitor;
      create function f() returns int language sql set jit = off set work_mem = '5MB' as 'select 1'`),
  )
  expect(say(two, one)).toEqual([])
  expect(fingerprint(two)).toBe(fingerprint(one))
})

test('a database that was dumped and restored is the same', async (context) => {
  await using database = await createTestDatabase({ prepare: prepareChanges })
  await using client = await connect(database.url)
  const [dumps, major] = [pgDumpMajor(), await majorOf(client)]
  context.skip(dumps !== major, `pg_dump ${major} is not on the path (${dumps ?? 'none'} is)`)

  for (const change of await changesOf(client)) {
    if (!NOT_DUMPED.has(change.name)) await apply(client, change, 'change')
  }
  const dump = dumpDatabase(database.url)
  const restored = await catalogAfter((other) => other.query(dump))
  const original = await readCatalog(client)
  expect(say(restored, original)).toEqual([])
  expect(fingerprint(restored)).toBe(fingerprint(original))
})
