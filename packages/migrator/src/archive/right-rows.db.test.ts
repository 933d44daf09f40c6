import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** A value goes back into the row that lost it, whatever a migration does between the loss and the end; or it stays in the archive, and a note says so. */

const way = useWayBack()

const ADDED = `insert into t (me, n) values ('new 1', 1), ('new 2', 2), ('new 3', 3)`

/** What happens to the rows of `t`, after its column has gone. `other` has a trigger that writes `t`. */
const EVENTS: Readonly<Record<string, string>> = {
  nothing: 'select 1',
  'UPDATE in place': `update t set b = b || '!'`,
  'UPDATE of a part': `update t set b = 'x' where n = 1`,
  'UPDATE of the others': `update t set b = 'x' where n > 1`,
  'INSERT of others': `insert into t (me, n) values ('new 4', 4)`,
  'DELETE, and INSERT of its key': `delete from t where n = 1; insert into t (me, n) values ('new 1', 1)`,
  'DELETE and INSERT of all': `delete from t; ${ADDED}`,
  'TRUNCATE and INSERT': `truncate t; ${ADDED}`,
  'INSERT, TRUNCATE and INSERT': `insert into t (me, n) values ('new 4', 4), ('new 5', 5), ('new 6', 6); truncate t; ${ADDED}`,
  'CTE that moves all': `with d as (delete from t returning *) insert into t (me, b, n) select 'moved ' || me, b, n from d order by n desc`,
  'CTE that moves all to other keys': `with d as (delete from t returning *) insert into t (me, b, n) select 'moved ' || me, b, 4 - n from d order by n`,
  'CTE that swaps keys':
    'with u as (update t set n = n + 10 returning 1) select count(*) from u; with u as (update t set n = 14 - n returning 1) select count(*) from u',
  'UPDATE that swaps keys': 'update t set n = n + 10; update t set n = 14 - n',
  'UPDATE of a view that swaps keys':
    'update seen_t set x = x + 10 where true; update seen_t set x = 14 - x where true',
  MERGE: `merge into t using (values (1), (4)) v (k) on n = k when matched then delete when not matched then insert (me, n) values ('new 4', k); insert into t (me, n) values ('new 1', 1)`,
  'UPDATE and CLUSTER': 'update t set b = b || b; cluster t using i_t',
  CLUSTER: 'cluster t using i_t',
  'DO that updates': `do $$ begin update t set b = 'x' where n = 1; end $$`,
  'DO that deletes and inserts': `do $$ begin delete from t where n = 1; insert into t (me, n) values ('new 1', 1); end $$`,
  'DO that empties and fills': `do $$ begin truncate t; ${ADDED}; end $$`,
  'UPDATE, then MERGE that deletes and inserts': `update t set b = 'x'; merge into t using (values (1), (4)) v (k) on n = k when matched then delete when not matched then insert (me, n) values ('new 4', k); insert into t (me, n) values ('new 1', 1)`,
  'UPDATE, then CTE that moves all': `update t set b = 'x'; with d as (delete from t returning *) insert into t (me, b, n) select 'moved ' || me, b, 4 - n from d order by n`,
  'DO that updates and clusters': `do $$ begin update t set b = b || b; cluster t using i_t; alter table t alter y type bigint; end $$`,
  'DO that deletes and rewrites': `do $$ begin delete from t where n = 1; alter table t alter y type bigint; end $$`,
  'DO that rewrites': `do $$ begin alter table t alter y type bigint; end $$`,
  'a trigger of another table': 'insert into other_t values (1)',
  'RENAME of the key': 'alter table t rename n to m',
  'ADD COLUMN that rewrites': 'alter table t add r float8 default random()',
}

/** What rewrites the table by ALTER TABLE, before that and after it. */
const REWRITES: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['', 'alter table t alter z type bigint;'],
  ['alter table t alter z type bigint;', ''],
  ['alter table t alter z type bigint;', 'alter table t alter z type int;'],
]

const KEYS = { 'without a key': '', 'with a key': ', primary key (n)' } as const

/** Where nothing can have changed which row is which. */
const CERTAIN = {
  'without a key': ['nothing', 'DO that rewrites', 'ADD COLUMN that rewrites', 'INSERT of others'],
  'with a key': [
    'nothing',
    'UPDATE in place',
    'UPDATE of a part',
    'UPDATE of the others',
    'INSERT of others',
    'CLUSTER',
    'UPDATE and CLUSTER',
    'DO that updates',
    'DO that rewrites',
    'RENAME of the key',
    'ADD COLUMN that rewrites',
  ],
} as const

const names = inTurn(Object.keys(EVENTS)).map((event, i) => [event, `t${i}`] as const)

/** `t` stands for the table of an event. */
const of = (table: string, text: string) =>
  text.replaceAll(/\b(i_|other_|seen_|put_)?t\b/g, `$1${table}`)

const makeTable = (key: string) => `
  create table t (me text, a text, b text, n int, z int default 0, y int default 0${key});
  create index i_t on t (n desc);
  create view seen_t as select me, n as x from t;
  create table other_t (id int);
  create function put_t() returns trigger language plpgsql as $$ begin
    delete from t where n = 1; insert into t (me, n) values ('new 1', 1); return null; end $$;
  create trigger put after insert on other_t for each row execute function put_t();
  insert into t (me, a, b, n) select 'row ' || n, 'a of row ' || n, 'b' || n, n from generate_series(1, 3) n;`

const CASES = inTurn(
  Object.entries(KEYS).flatMap(([title, key]) =>
    REWRITES.flatMap((rewrites) =>
      (['up', 'down'] as const).map(
        (direction) => [direction, title as keyof typeof KEYS, rewrites, key] as const,
      ),
    ),
  ),
)

test.each(briefly(CASES))('%s, a table %s, %j', async (direction, title, [before, after], key) => {
  await way.sql(names.map(([, table]) => of(table, makeTable(key))).join(';'))
  const losing = names
    .map(([event, table]) =>
      of(table, `alter table t drop a; ${before} ${EVENTS[event]}; ${after}`),
    )
    .join('\n')
  const adding = names.map(([, table]) => of(table, 'alter table t add a text;')).join('\n')
  const isUp = direction === 'up'
  if (!isUp) await way.sql(names.map(([, table]) => of(table, 'alter table t drop a')).join(';'))
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: isUp ? { up: losing, down: adding } : { up: adding, down: losing },
  })
  await way.up(project)
  if (!isUp)
    await way.sql(names.map(([, table]) => of(table, `update t set a = 'a of ' || me`)).join(';'))
  const { returned } = await way.down(project, 'M1')
  const said = isUp ? returned : (await way.up(project)).returned
  const wrong: string[] = []
  for (const [event, table] of names) {
    const rows = await way.sql<{ me: string; a: string | null }>(
      `select me, a from ${table} order by 1`,
    )
    const [held] = await way.sql<{ rows: number }>(
      `select coalesce(sum(rows), 0)::int as rows from migrator_archive.entries where kind = 'values' and "table" = '${table}' and columns = '{a}'`,
    )
    const filled = rows.filter(({ a }) => a !== null)
    const isRight = filled.every(({ me, a }) => a === `a of ${me.replace('moved ', '')}`)
    const isCounted = filled.length + (held?.rows ?? 0) === 3
    const hasNote = said.some(({ object, note }) => object === `${table}.a` && note !== undefined)
    const isAll = !CERTAIN[title].some((one) => one === event) || filled.length === 3
    if (!isRight || !isCounted || hasNote !== (held?.rows ?? 0) > 0 || !isAll)
      wrong.push(
        `${event}: ${JSON.stringify(rows)}, ${held?.rows} in the archive, note: ${hasNote}`,
      )
  }
  expect(wrong).toEqual([])
})
