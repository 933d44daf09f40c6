import { between, fault, ROWS, T, write, type FaultCase } from './faults.ts'

/** What a later migration does to rows that the archive has restored, in the same run and in a later one. */

type Steps = readonly (readonly [up: string, down: string])[]

function steps(
  name: string,
  migrations: Steps,
  { given = [] as readonly string[], rows = [ROWS] } = {},
): FaultCase[] {
  return [false, true].map((stepwise) => ({
    ...fault(`again, ${stepwise ? 'a run each' : 'one run'}: ${name}`, { given, down: '' }),
    rows,
    stepwise,
    migrations: migrations.map(([up, down]) => ({ up: [up], down: [down] })),
  }))
}

const TABLE = [T, 'drop table t'] as const
const COLUMN = ['alter table t add column w text', 'alter table t drop column w'] as const
const onColumn = {
  given: [T],
  rows: [`insert into t select n, 'v' || n, 'w' || n from generate_series(1, 5) n`],
}

/** A column that `up` makes NOT NULL at once, on a table that has rows by then. */
const notNull: readonly FaultCase[] = [
  fault('not null: ADD COLUMN', {
    given: [T],
    up: 'alter table t add column w text not null, add column x int not null check (x > 0); create index on t (w)',
    rows: [`insert into t select n, 'v' || n, 'w' || n, n from generate_series(1, 5) n`],
    down: 'alter table t drop column w; alter table t drop column x',
  }),
  fault('not null: a row that was written since', {
    given: [T],
    up: 'alter table t add column w text not null',
    rows: [`insert into t select n, 'v' || n, 'w' || n from generate_series(1, 5) n`],
    down: 'alter table t drop column w',
    writers: [between(write('insert', `insert into t (id, v) values (9, 'new')`, ['v']))],
    // PostgreSQL refuses it, and the archive has the values of the other rows.
    ends: ['up failed'],
  }),
]

export const across: readonly FaultCase[] = [
  ...notNull,
  ...steps(
    'UPDATE of values',
    [
      COLUMN,
      [
        `update t set w = 'new' where v is not null; alter table t alter w set not null`,
        'alter table t alter w drop not null',
      ],
    ],
    onColumn,
  ),
  ...steps(
    'a function',
    [
      COLUMN,
      [
        `create function f() returns void language sql as $$ update t set w = 'new' $$; select f()`,
        'drop function f',
      ],
    ],
    onColumn,
  ),
  ...steps('DO', [COLUMN, [`do $$ begin update t set w = 'new'; end $$`, 'select 1']], onColumn),
  ...steps('UPDATE of rows', [TABLE, [`update t set v = 'new'`, 'select 1']]),
  ...steps('DELETE', [TABLE, ['delete from t where id > 2', 'select 1']]),
  ...steps('TRUNCATE', [TABLE, ['truncate t', 'select 1']]),
  ...steps(
    'DELETE and the same keys',
    [TABLE, [`delete from t where id < 5; insert into t values (1, 'seed')`, `select 1`]],
    { given: [], rows: [`update t set v = 'mine'`, `insert into t values (2, 'b'), (7, 'c')`] },
  ),
  ...steps(
    'ON DELETE CASCADE',
    [
      [
        `${T}; create table u (id int primary key, t int references t on delete cascade)`,
        'drop table u; drop table t',
      ],
      ['delete from t where id > 2', 'select 1'],
    ],
    { given: [], rows: [ROWS, 'insert into u select id, id from t'] },
  ),
  ...steps('rows without a key', [
    ['create table t (id int, v text)', 'drop table t'],
    [`update t set v = 'new'; delete from t where id = 3`, 'select 1'],
  ]),
  ...steps('what down undoes, up does', [
    TABLE,
    [`update t set v = v || '!'`, `update t set v = rtrim(v, '!')`],
  ]),
  ...steps(
    'a trigger changes another table',
    [
      [`${T}; create table u (id int primary key, n int)`, 'drop table u; drop table t'],
      [
        `create function f() returns trigger language plpgsql as $$ begin update t set v = 'new' where id = new.id; return new; end $$;
      create trigger f after update on u for each row execute function f(); update u set n = 0`,
        'drop trigger f on u; drop function f',
      ],
    ],
    { given: [], rows: [ROWS, 'insert into u select id, id from t where id < 10'] },
  ),
]
