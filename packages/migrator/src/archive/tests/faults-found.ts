import { ASKED, fault, PURGE, ROWS, T, type FaultCase } from './faults.ts'

/** What random cases have found, each by its shortest way. */

const U = 'create table u (n int); insert into u values (1)'

/** A function with arguments that calls the one that takes the rows away. */
const around = (returns: string, result: string, parameters = 'x int', volatility = 'volatile') =>
  `create function f(${parameters}) returns ${returns} language plpgsql ${volatility} as $$ begin perform purge(); return ${result}; end $$`

const reached = (name: string, given: readonly string[], down: string, up = 'select 1') =>
  fault(`reached: ${name}`, {
    given: [T, ROWS, PURGE, ...given],
    up,
    down,
    ends: ['refused', ...ASKED],
  })

const calls: readonly FaultCase[] = [
  reached(
    'an operator',
    [
      around('int', 'x + y', 'x int, y int'),
      'create operator public.=== (function = f, leftarg = int, rightarg = int)',
    ],
    'select 1 operator(public.===) 2',
  ),
  reached(
    'a cast',
    [
      'create type w as (n int)',
      around('w', 'row(x)::w'),
      'create cast (int as w) with function f(int)',
    ],
    'select 5::w',
  ),
  reached(
    'the check of a domain',
    [around('boolean', 'true'), 'create domain d as int check (f(value))'],
    'select 5::d',
  ),
  reached(
    'an aggregate',
    [
      around('int', 'x + y', 'x int, y int'),
      `create aggregate s(int) (sfunc = f, stype = int, initcond = '0')`,
    ],
    'select s(n) from generate_series(1, 2) n',
  ),
  reached('a view', ['create view v as select purge() as n'], 'select * from v'),
  reached('a view, as a table', ['create view v as select purge() as n'], 'table v'),
  reached(
    'a generated column',
    [U, around('int', 'x', 'x int', 'immutable')],
    'alter table u add column g int generated always as (f(n)) stored',
    'alter table u drop column if exists g',
  ),
  reached(
    'the bound of a partition',
    ['create table u (n int) partition by list (n)', around('int', 'x')],
    'create table part partition of u for values in (f(1))',
    'drop table if exists part',
  ),
  reached(
    'a text that ts_stat runs',
    [],
    `select * from ts_stat('select to_tsvector(''simple'', public.purge()::text)')`,
  ),
  reached(
    'a text that query_to_xml runs',
    [],
    `select query_to_xml('select public.purge()', true, false, '')`,
  ),
  reached(
    'REFRESH',
    ['create materialized view m as select public.purge() as n with no data'],
    'refresh materialized view m',
    `do $$ begin if (select relispopulated from pg_class where oid = 'm'::regclass) then refresh materialized view m with no data; end if; end $$`,
  ),
  reached(
    'CREATE TABLE AS EXECUTE',
    [],
    'prepare gone as select purge() as n; create table w as execute gone; deallocate gone',
    'drop table if exists w',
  ),
  reached(
    'a deferred trigger',
    [
      U,
      `create function g() returns trigger language plpgsql as $$ begin perform purge(); return null; end $$`,
      'create constraint trigger g after insert on u deferrable initially deferred for each row execute function g()',
    ],
    'insert into u values (2); delete from u where n = 2',
  ),
  {
    ...reached(
      'WHERE CURRENT OF',
      [],
      'declare here cursor for select * from t for update; fetch here; delete from t where current of here; close here',
    ),
    ends: ['equal'],
  },
  reached('lo_unlink', [`select lo_from_bytea(4711, '\\x0102')`], 'select lo_unlink(4711)'),
  {
    ...reached(
      'a policy',
      [
        U,
        'alter table u enable row level security',
        'alter table u force row level security',
        'create policy p on u using (purge() = 1)',
      ],
      'select * from u',
    ),
    role: 'owner',
  },
]

const swapped: readonly FaultCase[] = [
  fault('found: names swapped, then DROP', {
    given: [`create table b (id int primary key, v text); insert into b values (1, 'b')`],
    up: 'create table a (id int primary key, n int)',
    rows: ['insert into a values (1, 1), (2, 2)'],
    down: `alter table a rename to c; alter table b rename to a; alter table c rename to b; drop table b; alter table a rename to b`,
  }),
  fault('found: columns swapped, then DROP', {
    given: [
      'create table t (id int primary key, a text)',
      `insert into t values (1, 'a1'), (2, 'a2')`,
    ],
    up: 'alter table t add column b text',
    rows: [`update t set b = 'b' || id`],
    down: `alter table t rename a to c; alter table t rename b to a; alter table t drop a; alter table t rename c to a`,
  }),
  fault('found: DROP COLLATION CASCADE', {
    given: ['create table t (id int primary key)'],
    up: 'create collation c from "C"; alter table t add column v text collate c',
    rows: [`insert into t values (1, 'a'), (2, null)`],
    down: 'drop collation c cascade',
  }),
  fault('found: a value of an enum renamed', {
    given: [
      `create type k as enum ('a', 'b')`,
      `create table t (id int primary key, e k); insert into t values (1, 'a')`,
    ],
    up: `alter type k rename value 'a' to 'c'`,
    down: `alter type k rename value 'c' to 'a'; delete from t`,
    // A gap: the archive has the text of the label that the value had then.
    ends: ['not restored'],
  }),
  fault('found: a key that is deferred', {
    given: [
      'create table t (id int, n int, unique (id) deferrable initially deferred)',
      'insert into t values (1, 1), (2, 2), (null, 3), (null, 3)',
    ],
    down: 'update t set id = id + 1; delete from t where n > 1',
  }),
  {
    ...fault('found: row security on the way up', {
      given: [
        'create table t (id int primary key); insert into t values (1), (2)',
        'alter table t enable row level security; alter table t force row level security',
        'create policy half on t using (id % 2 = 0) with check (true)',
      ],
      up: 'alter table t drop column if exists n',
      down: 'alter table t add column n int',
    }),
    role: 'owner',
  },
]

const others: readonly FaultCase[] = [
  {
    ...fault('found: rows without a key, of a table that is detached and emptied twice', {
      given: [
        'create table t (id int, v text) partition by list (id); create table part (id int, v text)',
        `insert into part values (1, 'a'), (1, 'a')`,
      ],
      up: 'alter table t attach partition part for values in (1, 2)',
      rows: [`insert into t values (2, 'b')`],
      down: 'alter table t detach partition part; delete from part where id = 1',
    }),
    rounds: 2,
  },
  ...[T, 'create table t (id int, v text)'].map((parent) =>
    fault(`found: a column renamed, then dropped, under heirs of ${parent}`, {
      given: [
        parent,
        'create table heir (more text) inherits (t); create table heir_of_heir () inherits (heir)',
        `insert into t values (1); insert into heir values (2, 'x'); insert into heir_of_heir values (3, 'x')`,
      ],
      up: 'alter table t add column w text',
      rows: ['update t set w = id::text'],
      down: 'alter table t rename w to renamed; alter table t rename to u; alter table u drop renamed; alter table u rename to t',
    }),
  ),
  fault('found: rows without a key, of a table that down renames', {
    given: [`create table t (id int, v text); insert into t values (1, 'a'), (2, 'b')`],
    up: 'alter table t rename to u',
    down: `update u set v = 'gone'; alter table u rename to t`,
    ends: ['equal', 'kept'],
  }),
  fault('found: partitions without a key, an UPDATE before DROP COLUMN', {
    given: [
      'create table t (id int, v text) partition by range (id)',
      'create table t_low partition of t for values from (0) to (10); create table t_rest partition of t default',
    ],
    up: 'alter table t add column w text',
    rows: [`insert into t select n, 'v' || n, 'w' || n from generate_series(5, 15) n`],
    down: 'update t set w = id::text; update t set v = null where id > 7; alter table t drop column w',
  }),
  fault('found: a key renamed before the rows that it finds are overwritten', {
    given: [T, ROWS],
    up: 'alter table t add column w text',
    rows: ['update t set w = id::text'],
    down: `alter table t rename id to pk; update t set w = 'x' where pk < 9; alter table t drop w; alter table t rename pk to id`,
    ends: ['equal'],
  }),
  fault('found: a key renamed between its values and its rows', {
    given: [T, ROWS],
    up: 'alter table t add column w text',
    rows: ['update t set w = id::text'],
    down: `alter table t drop w; alter table t rename id to pk; delete from t where v like 'v1%'; alter table t rename pk to id`,
  }),
  {
    ...fault('found: values of a table that is made again with other numbers of its columns', {
      rows: [
        `insert into t (id, v, w, z) select n, 'v' || n, 'w' || n, 'z' || n from generate_series(1, 9) n`,
      ],
      down: '',
    }),
    migrations: [
      {
        up: ['create table t (id int primary key, x int, v text); alter table t drop x'],
        down: ['drop table t; create table t (id int primary key, v text); drop table t'],
      },
      { up: ['alter table t add w text'], down: ['alter table t drop w'] },
      { up: ['alter table t add z text'], down: ['alter table t drop z'] },
    ],
  },
  {
    ...fault('found: values of a table whose columns come in another order', {
      rows: [`insert into t (id, v, w) select n, 'v' || n, 'w' || n from generate_series(1, 9) n`],
      down: '',
    }),
    migrations: [
      {
        up: [
          `do $$ begin create table t (id int primary key, v text); if to_regclass('was') is null then create table was (); alter table t drop v; alter table t add v text; end if; end $$`,
        ],
        down: ['drop table t'],
      },
      { up: ['alter table t add w text, add x text'], down: ['alter table t drop w, drop x'] },
    ],
  },
  ...Object.entries({
    'a row': 'delete from t where id = 1',
    'a column': 'alter table t drop v',
    'a table': 'drop table t',
    'a function': 'select purge()',
  }).map(([what, sql]) =>
    fault(`found: ROLLBACK TO a savepoint, behind which ${what} is taken`, {
      given: [T, ROWS, PURGE],
      down: `savepoint a; ${sql}; rollback to a; delete from t where id = 2`,
      ends: ['refused'],
    }),
  ),
  fault('found: a savepoint that is released', {
    given: [T, ROWS],
    up: 'savepoint a; alter table t add w text; release a',
    rows: ['update t set w = id::text'],
    down: 'savepoint a; delete from t where id < 9; release a; alter table t drop w',
  }),
  ...Object.entries({
    'with its schema': 'drop schema public cascade; create schema public',
    'by itself': 'drop table t; drop table mikro_orm_migrations',
    'by another name': 'drop table t; alter table mikro_orm_migrations rename to other',
    'and the journal': 'drop table t; drop schema migrator cascade',
    'and the journal first': 'drop schema migrator cascade; drop table t',
  }).map(([what, down]) =>
    fault(`found: down takes the ledger away, ${what}`, {
      up: T,
      rows: [ROWS],
      down,
      ends: ['refused'],
    }),
  ),
  fault('found: a cursor that stays open', {
    given: [T, ROWS],
    down: 'declare here cursor for select * from t for update; fetch here; update t set v = null where current of here; fetch here; delete from t where current of here',
  }),
  fault('found: a table dropped, and another made by its name', {
    up: 'drop table if exists t; create table t (id int primary key, v text)',
    rows: [`insert into t values (1, 'a'), (2, null)`],
    down: 'drop table t; create table t (id int, n int)',
  }),
  fault('found: a materialized view without its rows', {
    given: [T, ROWS, 'create materialized view m as select * from t'],
    down: 'refresh materialized view m with no data',
    ends: ['asked'],
    names: ['REFRESH MATERIALIZED VIEW … WITH NO DATA: 0 unknown'],
  }),
  fault('found: setval in a segment that is rolled back', {
    given: [T, ROWS, `create sequence s; select nextval('s') from generate_series(1, 9)`],
    down: `update t set id = id where setval('s', 2) > 0; alter table t disable trigger all; delete from t; alter table t enable trigger all`,
    ends: ['refused', ...ASKED],
  }),
  {
    ...fault('found: row security on the way back', {
      given: [
        'create table t (id int primary key); insert into t values (1), (2)',
        'alter table t enable row level security; alter table t force row level security',
        'create policy half on t using (id % 2 = 0) with check (true)',
      ],
      down: 'delete from t',
      ends: ['refused', ...ASKED],
    }),
    role: 'owner',
  },
]

/** What no count and no column shows: counts that are off, and a rewrite that leaves the type as it is. */
const UNCOUNTED = 'set track_counts = off'
const event = (work: string) => [
  `create function ev() returns event_trigger language plpgsql ${work}`,
  `create event trigger ev on sql_drop when tag in ('DROP VIEW') execute function ev()`,
]
const dropsView = { up: 'create view w as select 1 as a', down: 'drop view w' }
const off = { settings: [['track_counts', 'off']] as const, given: [T, ROWS, PURGE] }
const SILENT = `alter table public.t alter v type text using 'gone'`

const unmarked: readonly FaultCase[] = [
  ...(['superuser', 'owner'] as const).flatMap((role): FaultCase[] => [
    {
      ...fault(`unmarked: counts are off, a function, ${role}`, { ...off, down: 'select purge()' }),
      role,
    },
    {
      ...fault(`unmarked: counts are off, DELETE, ${role}`, {
        ...off,
        down: `delete from t where v like '%1'`,
      }),
      role,
    },
    {
      ...fault(`unmarked: counts are off, INSERT, then a function, ${role}`, {
        ...off,
        down: `insert into t values (0, 'new'); select purge(); delete from t where id = 0`,
      }),
      role,
    },
  ]),
  fault('unmarked: counts are off for a function', {
    given: [T, ROWS, PURGE, `alter function purge() ${UNCOUNTED}`],
    down: 'select purge()',
  }),
  fault('unmarked: counts are off by the migration', {
    given: [T, ROWS, PURGE],
    down: `${UNCOUNTED}; select purge()`,
  }),
  fault('unmarked: counts are off in DO', {
    given: [T, ROWS],
    down: `do $$ begin set local track_counts = off; delete from t where id < 9; set local track_counts = on; end $$`,
  }),
  fault('unmarked: counts are off for an event trigger', {
    given: [
      T,
      ROWS,
      ...event(`${UNCOUNTED} as $$ begin delete from public.t where id < 9; end $$`),
    ],
    ...dropsView,
    ends: ['refused', ...ASKED],
  }),
  ...['', ' without a key'].map((without) =>
    fault(`unmarked: a rewrite in DO${without}`, {
      given: [without === '' ? T : 'create table t (id int, v text)', ROWS],
      down: `do $$ begin ${SILENT}; end $$`,
    }),
  ),
  fault('unmarked: a rewrite and DELETE in a function', {
    given: [
      T,
      ROWS,
      `create function f() returns int language plpgsql as $$ begin ${SILENT}; delete from t where id < 9; return 1; end $$`,
    ],
    down: 'select f()',
  }),
  fault('unmarked: a rewrite, then TRUNCATE in DO', {
    given: [T, ROWS],
    down: `do $$ begin ${SILENT}; truncate t; end $$`,
  }),
  fault('unmarked: TRUNCATE in DO', { given: [T, ROWS], down: 'do $$ begin truncate t; end $$' }),
  fault('unmarked: CLUSTER in DO', {
    given: [T, ROWS, 'alter table t cluster on t_pkey'],
    down: 'do $$ begin cluster t using t_pkey; end $$',
  }),
  fault('unmarked: a rewrite by an event trigger', {
    given: [T, ROWS, ...event(`as $$ begin ${SILENT}; end $$`)],
    ...dropsView,
    ends: ['refused', ...ASKED],
  }),
  fault('unmarked: a rewrite of the table that is altered, by an event trigger', {
    given: [
      T,
      ROWS,
      `create function ev() returns event_trigger language plpgsql as $$ begin if current_query() like 'alter table t drop%' and exists (select from public.t where v <> 'gone') then ${SILENT}; end if; end $$`,
    ],
    up: `alter table t add column w text; create event trigger ev on ddl_command_end when tag in ('ALTER TABLE') execute function ev()`,
    down: 'alter table t drop column w; drop event trigger ev',
    ends: ['refused', ...ASKED],
  }),
]

const C = 'create type c as (a int, b text)'
const OF_C = `insert into t values (1, row(1, 'x')), (2, null)`
const DROPS = 'alter type c drop attribute b'

const parts: readonly FaultCase[] = [
  ...['c', 'c[]', 'd'].flatMap((type) =>
    ['', ' in DO'].map((how) =>
      fault(`attribute: of ${type}${how}`, {
        given: ['create type c as (a int)', 'create domain d as c'],
        up: `alter type c add attribute b text; create table if not exists t (id int primary key, v ${type})`,
        rows: [
          type === 'c[]'
            ? `insert into t values (1, array[row(1, 'x')::c, null]), (2, '{}'), (3, null)`
            : OF_C,
        ],
        down: how === '' ? DROPS : `do $$ begin ${DROPS}; end $$`,
      }),
    ),
  ),
  fault('attribute: of a type within another', {
    given: ['create type c as (a int)', 'create type outer_c as (n int, inside c)'],
    up: 'alter type c add attribute b text; create table if not exists t (id int primary key, v outer_c)',
    rows: [`insert into t values (1, row(1, row(2, 'x')))`],
    down: DROPS,
  }),
  fault('attribute: of a table that is in the archive by then', {
    given: ['create type c as (a int)'],
    up: 'alter type c add attribute b text; create table t (id int primary key, v c)',
    rows: [OF_C],
    down: `drop table t; ${DROPS}`,
  }),
  // Each is refused as long as a column of the archive has the type.
  ...Object.entries({
    'an attribute of another type': ['c', 'alter type c alter attribute a type'],
    'an attribute of another type, in DO': [
      'c[]',
      'do $$ begin alter type c alter attribute a type',
      '; end $$',
    ],
    'a column of another type': ['u', 'alter table u alter a type'],
  }).map(([what, [type = '', alters = '', ends = '']]) =>
    fault(`attribute: ${what}, of a table that is in the archive by then`, {
      given: ['create type c as (a int); create table u (a int)'],
      up: `${alters} numeric${ends}; create table t (id int primary key, v ${type})`,
      rows: [
        `insert into t values (1, ${type === 'c[]' ? 'array[row(1.5)::c]' : 'row(1.5)'}), (2, null)`,
      ],
      down: `drop table t; ${alters} int${ends}`,
    }),
  ),
  fault('attribute: on the way up', {
    given: ['create table t (id int primary key)'],
    up: `${C}; alter table t add column v c; alter type c add attribute n int; ${DROPS}`,
    rows: ['insert into t values (1, row(1, 2)), (2, null)'],
    down: 'alter table t drop column v; drop type c',
  }),
  ...[
    'drop materialized view m',
    'drop table t cascade',
    'alter table t drop column v cascade',
  ].map((down) =>
    fault(`snapshot: ${down}`, {
      given: ['create table if not exists t (id int primary key)'],
      up: `create table if not exists t (id int primary key); alter table t add column if not exists v text;
          create materialized view m as select id, v from t with no data`,
      rows: [ROWS, 'refresh materialized view m', 'delete from t'],
      down,
      ends: ['asked'],
      names: ['rows of the materialized view public.m: 0 unknown'],
    }),
  ),
]

const W = `update t set w = 'w' || tid where tid > 9`

/** Evidence that goes another way: with the table, or under another name of the key. */
const evidence: readonly FaultCase[] = [
  ...[
    'alter table t drop v',
    `update t set v = 'gone'`,
    `alter table t drop v; delete from t where id < 9`,
  ].map((first) =>
    fault(`evidence: ${first}, then DROP TABLE`, {
      up: T,
      rows: [ROWS],
      down: `${first}; drop table t`,
    }),
  ),
  fault('evidence: DROP COLUMN, then DROP TABLE, and the columns stand in another order', {
    up: `create table t (id int primary key, n int, v text); alter table t drop n; alter table t add n int`,
    rows: [`insert into t (id, v, n) values (1, 'a', 7), (2, 'b', null)`],
    down: 'alter table t drop v; alter table t add v text; drop table t',
  }),
  ...[
    ['before', 'alter table t rename tid to id; alter table t drop w'],
    ['after', 'alter table t drop w; alter table t rename tid to id'],
  ].flatMap(([when, down = '']) =>
    ['', `; update t set v = v || '!'`].map((more) =>
      fault(`evidence: the key is renamed ${when} DROP COLUMN${more}`, {
        given: [T, ROWS],
        up: `alter table t rename id to tid; alter table t add w text`,
        rows: [W],
        down: `${down}${more}`,
      }),
    ),
  ),
  fault('evidence: the names of key and column are swapped', {
    given: [T, ROWS],
    up: 'alter table t add w int; alter table t rename id to x; alter table t rename w to id',
    rows: ['update t set id = 1000 - x'],
    down: 'alter table t rename id to w; alter table t rename x to id; alter table t drop w',
  }),
]

export const found: readonly FaultCase[] = [
  ...calls,
  ...swapped,
  ...others,
  ...unmarked,
  ...parts,
  ...evidence,
]
