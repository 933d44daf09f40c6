import { expect, test } from 'vitest'
import { readCatalogs } from '../testing/database.ts'
import { readSvg, type Shown } from '../testing/read-svg.ts'
import { makeLargeSchema } from '../testing/schemas.ts'
import { drawChange } from './index.ts'

const BEFORE = `
  create type mood as enum ('sad', 'gone');
  create table authors (id integer primary key, name text, mood mood, old text);
  create table books (id integer primary key, author integer constraint by references authors, title varchar(20), pages integer not null, isbn text unique);
  create table doomed (id integer primary key, author integer constraint doomed_by references authors);
  create table untouched (id integer primary key)`

const CHANGE = `
  create type mood_2 as enum ('sad', 'glad'); alter table authors alter mood type mood_2 using null; drop type mood; alter type mood_2 rename to mood;
  drop table doomed; alter table authors drop old;
  create table prizes (id integer primary key, book integer not null constraint won_by references books);
  alter table books add column year integer, alter title type text, alter pages drop not null, alter pages set default 1;
  alter table books drop constraint by, add constraint by foreign key (author) references authors on delete cascade;
  alter table books add constraint odd check (year > 0), add constraint same unique (author, title);
  create index by_year on books (year)`

const changesOf = (marked: readonly { readonly change: string | null }[]) =>
  marked.map(({ change }) => change)

const named = ({ tables }: Shown, identity: string) =>
  tables.find((table) => table.identity === identity)

test('what is added, removed and altered is marked, with a sign beside the colour', async () => {
  const [before, after] = await readCatalogs(BEFORE, CHANGE)
  const shown = readSvg(await drawChange(before ?? NOTHING, after ?? NOTHING))
  expect(shown.tables.map(({ identity, change }) => [identity, change])).toEqual([
    ['public.authors', 'altered'],
    ['public.books', 'altered'],
    ['public.prizes', 'added'],
    ['public.doomed', 'removed'],
    ['public.untouched', null],
  ])
  const rows = named(shown, 'public.books')?.rows.filter(({ change }) => change)
  expect(rows?.map(({ texts }) => texts)).toEqual([
    ['~', 'title', 'varchar(20) → text', 'null'],
    ['~', 'pages', 'integer · now null · default', 'null'],
    ['+', 'year', 'integer', 'null'],
    ['+', 'UQ', '(author, title)'],
    ['+', 'check odd'],
    ['+', 'index by_year'],
  ])
  expect(
    named(shown, 'public.authors')?.rows.map(({ column, change }) => [column, change]),
  ).toEqual([
    ['public.authors.id', null],
    ['public.authors.name', null],
    ['public.authors.mood', null],
    ['public.authors.old', 'removed'],
  ])
  expect(shown.enums[0]?.rows.map(({ texts }) => texts)).toEqual([
    ['sad'],
    ['+', 'glad'],
    ['−', 'gone'],
  ])
  expect(shown.lines.map(({ constraint, change }) => [constraint, change])).toEqual([
    ['public.books.by', 'altered'],
    ['public.prizes.won_by', 'added'],
    ['public.doomed.doomed_by', 'removed'],
  ])
})

test('the way back is the mirror', async () => {
  const [before, after] = await readCatalogs(BEFORE, CHANGE)
  const there = readSvg(await drawChange(before ?? NOTHING, after ?? NOTHING))
  const back = readSvg(await drawChange(after ?? NOTHING, before ?? NOTHING))
  const mirror = { added: 'removed', removed: 'added', altered: 'altered' } as const
  const expected = there.tables.map(
    ({ identity, change }) =>
      [identity, Object.entries(mirror).find(([word]) => word === change)?.[1] ?? null] as const,
  )
  const turned = back.tables.map(({ identity, change }) => [identity, change] as const)
  expect(new Map(turned)).toEqual(new Map(expected))
})

test('of a large schema it has what changes, with the keys of what is around it, and says how much it leaves out', async () => {
  const [before, after] = await readCatalogs(
    makeLargeSchema(60),
    'alter table public.table_7_of_session add column more text',
  )
  const shown = readSvg(await drawChange(before ?? NOTHING, after ?? NOTHING))
  const around = shown.lines.map(({ from, to }) => [from, to])
  const near = new Set(
    (after ?? NOTHING).objects.flatMap((one) => {
      if (one.kind !== 'constraint' || one.references === undefined) return []
      const ends = [one.of, one.references]
      return ends.includes('public.table_7_of_session') ? ends : []
    }),
  )
  expect(new Set(shown.tables.map(({ identity }) => identity))).toEqual(near)
  expect(around.length).toBeGreaterThan(0)
  expect(changesOf(shown.tables).filter(Boolean)).toEqual(['altered'])
  expect(shown.texts.join('\n')).toContain(`${60 - near.size} tables without a change not shown`)
})

test('where no table changes, it says so', async () => {
  const [before, after] = await readCatalogs(
    BEFORE,
    `create function f() returns int language sql return 1`,
  )
  const shown = readSvg(await drawChange(before ?? NOTHING, after ?? NOTHING))
  expect(shown.tables).toEqual([])
  expect(shown.texts[0]).toContain('No table changes.')
})

const NOTHING = { objects: [] }
