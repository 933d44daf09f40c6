import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { ship } from './tests/ship.ts'

let database: TestDatabase
let url: string

beforeEach(async () => {
  database = await createTestDatabase()
  ;({ url } = database)
})

afterEach(() => database.drop())

const rows = async (text: string) => (await query<{ row: string }>(url, text)).map(({ row }) => row)

/** Rows of one table whose key is `k`. */
const table = (name: string, shipped: readonly Readonly<Record<string, string | null>>[]) => ({
  table: name,
  key: ['k'],
  rows: shipped,
})

test('what triggers make of a row is no edit, whatever they change', async () => {
  await query(
    url,
    `create table made (k text unique, v text, w text);
     create function loud() returns trigger language plpgsql as $$ begin new.k := upper(new.k); new.v := upper(new.v) || '!'; return new; end $$;
     create trigger loud before insert or update of v on made for each row execute function loud();
     create function later() returns trigger language plpgsql as $$ begin update made set w = w || ' later' where k = new.k; return null; end $$;
     create trigger later after insert on made for each row execute function later()`,
  )
  const first = [
    table('made', [
      { k: 'a', v: 'x', w: 'w' },
      { k: 'b', v: 'y', w: 'w' },
    ]),
  ]
  expect((await ship(url, first)).seeded).toEqual(['made A: inserted', 'made B: inserted'])
  expect((await ship(url, first)).seeded).toEqual([])
  expect(await rows(`select made::text as row from made order by k`)).toEqual([
    '(A,X!,"w later")',
    '(B,Y!,"w later")',
  ])
  await query(url, `update made set w = 'mine' where k = 'B'`)
  const second = [
    table('made', [
      { k: 'a', v: 'z', w: 'w' },
      { k: 'b', v: 'z', w: 'new' },
    ]),
  ]
  expect((await ship(url, second)).seeded).toEqual([
    'made A: updated',
    'made B: updated',
    'made B: w was edited, and stays, although another value is shipped now',
  ])
  expect(await rows(`select made::text as row from made order by k`)).toEqual([
    '(A,Z!,"w later")',
    '(B,Z!,mine)',
  ])
  const { seeded, kept } = await ship(url, [])
  expect(seeded).toEqual([
    'made A: removed',
    'made B: it is no longer shipped, but was edited, and stays',
  ])
  expect(kept).toEqual([{ table: 'made', key: 'B', reason: 'edited-row' }])
  // Whole, with what was never stated.
  expect(
    await rows(
      `select facts->'reference'->'removed' as row from migrator.history where event = 'seeded' order by id desc limit 1`,
    ),
  ).toEqual([[{ table: 'made', row: { k: 'A', v: 'Z!', w: 'w later' } }]])
  expect((await ship(url, [])).seeded).toEqual(seeded.slice(1))
})

test('later migrations: tables and columns renamed, dropped, added, and of another type', async () => {
  await query(
    url,
    `create table old (k text unique, v text, gone int, n int, l text, untouched text default 'mine')`,
  )
  const row = { v: 'v', gone: '1', n: '5', l: 'abc' }
  const all = [
    { k: 'a', ...row },
    { k: 'b', ...row },
    { k: 'c', ...row },
  ]
  await ship(url, [table('old', all)])
  await query(
    url,
    `alter table old rename to "new"; alter table "new" rename k to key; alter table "new" rename v to value;
     alter table "new" drop gone, alter n type bigint, alter l type int using length(l), add color text default 'red', add v text;
     update "new" set value = 'edited', color = 'mine' where key = 'b'`,
  )
  const now = { value: 'v2', n: '6', l: '4', color: 'blue', v: null }
  const { seeded } = await ship(url, [
    {
      table: 'new',
      key: ['key'],
      rows: [
        { key: 'a', ...now },
        { key: 'b', ...now },
      ],
    },
  ])
  expect(seeded).toEqual([
    'new a: updated',
    'new b: updated',
    'new a: l was edited, and stays, although another value is shipped now',
    'new b: value was edited, and stays, although another value is shipped now',
    'new b: l was edited, and stays, although another value is shipped now',
    'new b: color was edited, and stays, although another value is shipped now',
    // What was shipped of l is no value of it any more, so nobody can say that nothing was edited.
    'new c: it is no longer shipped, but was edited, and stays',
  ])
  expect(await rows(`select "new"::text as row from "new" order by key`)).toEqual([
    '(a,v2,6,3,mine,blue,)',
    '(b,edited,6,3,mine,mine,)',
    '(c,v,5,3,mine,red,)',
  ])
})

test('tables that refer to one another, in whatever order they are shipped; a key that changes', async () => {
  await query(
    url,
    `create table a_child (k text unique, parent text not null);
     create table parent (k text unique, iso text unique);
     alter table a_child add foreign key (parent) references parent (k) on delete cascade;
     create table tree (k text unique, up text references tree (k) on delete cascade);
     create table part (k text, at int, unique (k)) ;
     create table "Parted" (k int unique, v text) partition by list (k);
     create table parted_1 partition of "Parted" for values in (1);
     create table parted_2 partition of "Parted" for values in (2);
     create table to_part (n int references parted_1 (k) on delete set null, whole int references "Parted" (k) on delete cascade)`,
  )
  const parents = table('parent', [
    { k: 'p', iso: '1' },
    { k: 'q', iso: '2' },
    { k: 's', iso: '3' },
  ])
  const children = table('a_child', [
    { k: 'c', parent: 'p' },
    { k: 'd', parent: 'q' },
    { k: 'e', parent: 's' },
  ])
  const tree = table('tree', [
    { k: 'root', up: null },
    { k: 'leaf', up: 'root' },
    { k: 'self', up: 'self' },
  ])
  const parted = table('Parted', [
    { k: '1', v: 'x' },
    { k: '2', v: 'x' },
  ])
  await ship(url, [children, parents, tree, parted])
  await query(
    url,
    `insert into a_child values ('of a user', 'q'); insert into to_part values (1, null); insert into to_part values (null, 2)`,
  )
  // Until e refers to another, s cannot go; and until p has gone, r cannot come.
  const moved = ['d', 'e'].map((k) => ({ k, parent: 'r' }))
  const { seeded } = await ship(url, [
    table('a_child', moved),
    table('parent', [{ k: 'r', iso: '1' }]),
  ])
  expect(seeded.toSorted()).toEqual([
    'Parted 1: it is no longer shipped, but other rows refer to it, and it stays',
    'Parted 2: it is no longer shipped, but other rows refer to it, and it stays',
    'a_child c: removed',
    'a_child d: updated',
    'a_child e: updated',
    'parent p: removed',
    'parent q: it is no longer shipped, but other rows refer to it, and it stays',
    'parent r: inserted',
    'parent s: removed',
    'tree leaf: removed',
    'tree root: removed',
    'tree self: removed',
  ])
  expect(await rows('select to_part::text as row from to_part')).toEqual(['(1,)', '(,2)'])
  // Nobody refers to it any more: the next time it goes.
  await query(url, `delete from a_child where k = 'of a user'`)
  expect(
    (await ship(url, [table('a_child', moved), table('parent', [{ k: 'r', iso: '1' }])])).seeded,
  ).toContain('parent q: removed')
})

test('where a user’s row is in the way of ours, or one that ours needs was deleted, ours is tried again', async () => {
  await query(
    url,
    `create table taken (k text unique, u text unique); insert into taken values ('mine', '1')`,
  )
  const ours = [
    table('taken', [
      { k: 'a', u: '1' },
      { k: 'b', u: '2' },
    ]),
  ]
  expect((await ship(url, ours)).kept).toEqual([{ table: 'taken', key: 'a', reason: 'refused' }])
  await query(url, `update taken set u = '3' where k = 'mine'`)
  expect((await ship(url, ours)).seeded).toEqual(['taken a: inserted'])
  await query(url, `create table needs (k text unique, v text references taken (k))`)
  const both = [...ours, table('needs', [{ k: 'n', v: 'b' }])]
  await query(url, `delete from taken where k = 'b'`)
  expect((await ship(url, both)).kept?.map(({ key, reason }) => [key, reason])).toEqual([
    ['b', 'deleted'],
    ['n', 'refused'],
  ])
  expect((await ship(url, both, { restoresDeleted: true })).seeded).toEqual([
    'taken b: inserted',
    'needs n: inserted',
  ])
  // Values that change places: neither can be first.
  const swapped = [
    table('taken', [
      { k: 'a', u: '2' },
      { k: 'b', u: '1' },
    ]),
  ]
  expect((await ship(url, [...swapped, ...both.slice(1)])).kept).toHaveLength(2)
})

const lateRow = (k: string, u: string, up: string | null) => ({ k, u, up })

test('a constraint that is only checked at the end is in the way of its row alone', async () => {
  await query(
    url,
    `create table late (k text unique, u int unique deferrable initially deferred, up text references late (k) deferrable initially deferred)`,
  )
  // Each refers to the other, and then they change places: right at the end only.
  await ship(url, [table('late', [lateRow('a', '1', 'b'), lateRow('b', '2', 'a')])])
  const swapped = [lateRow('a', '2', 'b'), lateRow('b', '1', 'a')]
  expect((await ship(url, [table('late', swapped)])).kept).toBeUndefined()
  await query(url, `insert into late values ('mine', 3, null)`)
  const more = [
    lateRow('taken', '3', null),
    lateRow('lost', '4', 'nobody'),
    lateRow('good', '5', 'a'),
  ]
  const { kept } = await ship(url, [table('late', [...swapped, ...more])])
  expect(kept?.map(({ key, reason }) => [key, reason])).toEqual([
    ['taken', 'refused'],
    ['lost', 'refused'],
  ])
  expect(await rows('select k as row from late order by u')).toEqual(['b', 'a', 'mine', 'good'])
})

test('rows that were lost with their table come back, and others that are missing when they are asked for', async () => {
  const ours = [table('remade', [{ k: 'a', v: '1' }])]
  const create = 'create table remade (k text unique, v int)'
  await query(url, create)
  await ship(url, ours)
  await query(url, `drop table remade; ${create}`)
  expect((await ship(url, ours)).seeded).toEqual(['remade a: it was deleted, and stays away'])
  expect((await ship(url, ours, { isWhole: false })).seeded).toEqual([
    'remade a: it was deleted, and stays away',
  ])
  expect((await ship(url, ours, { restoresDeleted: true })).seeded).toEqual(['remade a: inserted'])
  await query(url, `drop table remade; ${create}`)
  expect((await ship(url, ours, { isWhole: false })).seeded).toEqual(['remade a: inserted'])
})

test('what cannot be merged is refused, and nothing is changed', async () => {
  await query(
    url,
    `create table made (k text unique); create table odd (k text unique deferrable, "u.x" text, g int generated always as (1) stored, id int generated always as identity, unique ("u.x", id));
     create unique index on odd (g) where g > 0; create view seen as select 1 as k`,
  )
  const refused = async (one: Parameters<typeof ship>[1][number], says: RegExp) =>
    expect(ship(url, [table('made', []), one])).rejects.toMatchObject({
      code: 'REFERENCE_DATA_INVALID',
      exit: 2,
      message: expect.stringMatching(says),
    })
  await refused(table('nowhere', []), /no such table/)
  await refused(table('seen', []), /no such table/)
  await refused(table('odd', [{ k: 'a' }]), /unique index/)
  await refused({ table: 'odd', key: ['g'], rows: [] }, /unique index/)
  const key = ['u.x', 'id']
  const row = { 'u.x': 'a', id: '7' }
  await refused({ table: 'odd', key, rows: [{ ...row, g: '1' }] }, /g is generated/)
  await refused({ table: 'odd', key, rows: [{ ...row, n: '1' }] }, /no column n/)
  await refused({ table: 'odd', key, rows: [{ 'u.x': 'a' }] }, /lacks id/)
  await refused(
    { table: 'odd', key, rows: [row, { ...row, id: '07' }] },
    /Two rows have the key a, 0?7/,
  )
  await refused({ table: 'odd', key, rows: [row, { ...row, k: 'x' }] }, /same columns/)
  await refused(table('made', []), /More than one export/)
  expect((await ship(url, [{ table: 'odd', key: ['id', 'u.x'], rows: [row] }])).seeded).toEqual([
    'odd 7, a: inserted',
  ])
  await expect(
    ship(url, [{ table: 'odd', key, rows: [{ ...row, id: 'x' }] }]),
  ).rejects.toMatchObject({
    code: 'SEED_FAILED',
  })
})

test('names of a stranger before PostgreSQL’s own mean nothing to it', async () => {
  await using other = await createTestDatabase()
  await query(
    other.url,
    `create schema evil; create extension citext;
     create table public.t (k citext unique, v text, at timestamptz);
     create function evil.boom(text, text) returns boolean language plpgsql as $$ begin raise exception 'boom'; end $$;
     create function evil.boom(public.citext, public.citext) returns boolean language plpgsql as $$ begin raise exception 'boom'; end $$;
     create operator evil.= (leftarg = text, rightarg = text, function = evil.boom);
     create operator evil.= (leftarg = public.citext, rightarg = public.citext, function = evil.boom);
     create function evil.format(text, text) returns text language plpgsql as $$ begin raise exception 'boom'; end $$;
     create domain evil.text as int; create domain evil.citext as int;
     do $$ begin execute format('alter database %I set search_path = evil, public, pg_catalog', current_database()); end $$;
     do $$ begin execute format('alter database %I set datestyle = ''German''', current_database()); end $$;
     do $$ begin execute format('alter database %I set timezone = ''Asia/Tokyo''', current_database()); end $$`,
  )
  const ours = [
    table('t', [
      { k: 'A', v: 'x', at: '2026-02-01 00:00' },
      { k: 'b', v: 'y', at: null },
    ]),
  ]
  expect((await ship(other.url, ours)).seeded).toEqual(['t A: inserted', 't b: inserted'])
  expect(
    (await ship(other.url, [table('t', [{ k: 'a', v: 'z', at: '2026-02-01 00:00Z' }])])).seeded,
  ).toEqual(['t A: updated', 't b: removed'])
  expect(
    await query(other.url, `select at = '2026-02-01 00:00Z' as "isUtc" from public.t`),
  ).toEqual([{ isUtc: true }])
})
