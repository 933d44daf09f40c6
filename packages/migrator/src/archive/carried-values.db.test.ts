import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/*
 * A way back that takes a column first, and rows of the same table after it: what a row had in the column is in another
 * entry of the archive than the row.
 */

const way = useWayBack()

const TABLE = 'create table t (id int primary key, v text)'
const PARTITIONED = `create table t (id int primary key, v text) partition by range (id);
  create table t1 partition of t for values from (0) to (4); create table t2 partition of t for values from (4) to (100)`

/** How the column comes, and what it is to hold from then on. */
const COLUMNS: Readonly<Record<string, string>> = {
  nullable: 'alter table t add w text',
  'with a default': `alter table t add w text default 'default'`,
  'not null': 'alter table t add w text not null',
  'not null, by a name': 'alter table t add w text constraint w_needed not null',
  'not null later': 'alter table t add w text; alter table t alter w set not null',
  'not null, whose default goes': `alter table t add w text not null default ''; alter table t alter w drop default`,
  unique: 'alter table t add w text not null unique',
  checked: `alter table t add w text check (w is not null)`,
  'that refers to another table': 'alter table t add w text not null references r',
  'of another type': 'alter table t add w varchar(9) not null',
  'two of them': 'alter table t add w text not null; alter table t add x int not null default 0',
}

/** How the rows go after it. */
const TAKEN: Readonly<Record<string, string>> = {
  delete: 'delete from t where id > 3',
  truncate: 'truncate t',
  'a foreign key': 'delete from r where code > 3',
  DO: `do $$ begin delete from t where id in (2, 5); end $$`,
}

const CASES = Object.keys(COLUMNS).flatMap((column) =>
  Object.keys(TAKEN).flatMap((taken) =>
    ['one segment', 'two segments'].flatMap((segments) =>
      [TABLE, PARTITIONED].map((table) => ({
        column,
        taken,
        segments,
        table,
        kind: table === TABLE ? 'a table' : 'partitions',
      })),
    ),
  ),
)

// DO may have added rows to the other table: a reference there is restored to none of them.
const isKnown = ({ column, taken }: { column: string; taken: string }) =>
  taken !== 'DO' || column !== 'that refers to another table'

const ROWS = `select t::text as row from t order by id`

test.each(inTurn(CASES.filter(isKnown)))(
  'rows come back with what they had in a column that went before them: $column, $taken, $segments, $kind',
  async ({ column, taken, segments, table }) => {
    await way.sql(`${table}; create table other (n int);
      create table r (w text primary key, code int unique);
      insert into r select 'w' || n, n from generate_series(1, 6) n;
      alter table t add constraint of_r foreign key (id) references r (code) on delete cascade`)
    const [cut, uncut] =
      segments === 'two segments'
        ? ['create index concurrently o on other (n)', 'drop index concurrently o']
        : ['select 1', 'select 1']
    const drops = column === 'two of them' ? 'alter table t drop w, drop x' : 'alter table t drop w'
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: {
        up: `${COLUMNS[column]}; ${cut}`,
        down: `${drops}; ${uncut}; ${TAKEN[taken]}`,
      },
    })
    await way.up(project)
    const mayBeNull = column === 'nullable' || column === 'with a default'
    await way.sql(
      `insert into t (id, v, w) select n, 'v' || n, ${mayBeNull ? 'nullif(n, 5)::text' : `'w' || n`} from generate_series(1, 6) n`,
    )
    const before = await way.sql(ROWS)

    await way.down(project, 'M1', { yes: true })
    const { returned } = await way.up(project)

    expect(await way.sql(ROWS)).toEqual(before)
    expect(returned.map(({ note }) => note)).toEqual(returned.map(() => undefined))
    expect(await way.archived()).toEqual([])
  },
)

test('a row that was added after the column had gone has its default, and no value of another row', async () => {
  await way.sql(`${TABLE}; create table other (n int); insert into t values (1, 'a'), (2, 'b')`)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: `alter table t add w text not null default 'default'; create index concurrently o on other (n)`,
      down: 'alter table t drop w; drop index concurrently o; delete from t',
    },
  })
  await way.up(project)
  await way.sql(`update t set w = 'w' || id`)

  let segments = 0
  const before = async () => {
    segments += 1
    if (segments === 2) await way.sql(`insert into t values (3, 'c')`)
  }
  await way.down(project, 'M1', { witness: { before, after: async () => {} } })
  await way.up(project)

  expect(await way.sql(ROWS)).toEqual([
    { row: '(1,a,w1)' },
    { row: '(2,b,w2)' },
    { row: '(3,c,default)' },
  ])
})
