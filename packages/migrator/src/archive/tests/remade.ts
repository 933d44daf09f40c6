import type { Action } from './action.ts'
import { quote } from './world.ts'

/** More of what the way back does to things that `up` makes again. */
export const REMADE: readonly (readonly [kind: string, weight: number, make: Action])[] = [
  [
    'ALTER TYPE of a key',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id int primary key, v text)`)
      return {
        up: [`alter table ${table} alter id type numeric(10,2)`],
        rows: [`insert into ${table} values (1.25, 'a'), (2.5, 'b'), (7, 'c')`],
        down: [
          `alter table ${table} alter id type int${r.pick(['', ' using floor(id)', ' using -id'])}`,
        ],
      }
    },
  ],
  [
    'DROP and CREATE of a table',
    2,
    (r, d) => {
      const table = quote(d.name())
      return {
        up: [`drop table if exists ${table}`, `create table ${table} (id int primary key, v text)`],
        rows: [`insert into ${table} values (1, 'a'), (2, null)`],
        down: [
          `drop table ${table}`,
          `create table ${table} (id int${r.pick([' primary key', ''])}, n int)`,
          ...r.pick([[], [`insert into ${table} values (1, 7)`]]),
        ],
      }
    },
  ],
  [
    'DROP and ADD of a column',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key, w int)`,
        `insert into ${table} values (1, 5), (2, null)`,
      )
      return {
        up: [`alter table ${table} drop column w`, `alter table ${table} add column w text`],
        rows: [`update ${table} set w = 'w' || id`],
        down: r.pick([
          [
            `alter table ${table} drop column w`,
            `alter table ${table} add column w int default 5`,
            `alter table ${table} alter w drop default`,
          ],
          [`alter table ${table} drop column w, add column w int`],
        ]),
      }
    },
  ],
  [
    'names swapped, then DROP',
    1,
    (_, d) => {
      const [a, b] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${b} (id int primary key, v text)`,
        `insert into ${b} values (1, 'b')`,
      )
      return {
        up: [`create table ${a} (id int primary key, n int)`],
        rows: [`insert into ${a} values (1, 1), (2, 2)`],
        down: [
          `alter table ${a} rename to swapping`,
          `alter table ${b} rename to ${a}`,
          `alter table swapping rename to ${b}`,
          `drop table ${b}`,
          `alter table ${a} rename to ${b}`,
        ],
      }
    },
  ],
  [
    'columns swapped, then DROP',
    1,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key, a text)`,
        `insert into ${table} values (1, 'a1'), (2, 'a2')`,
      )
      return {
        up: [`alter table ${table} add column b text`],
        rows: [`update ${table} set b = 'b' || id`],
        down: [
          `alter table ${table} rename a to c`,
          `alter table ${table} rename b to a`,
          `alter table ${table} drop a`,
          `alter table ${table} rename c to a`,
        ],
      }
    },
  ],
  [
    'table renamed by up, rows deleted',
    2,
    (r, d) => {
      const [table, later] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${table} (id int ${r.pick(['primary key', ''])}, v text)`,
        `insert into ${table} values (1, 'a'), (2, 'b'), (2, 'b')`.replace(", (2, 'b')", ''),
      )
      return {
        up: [`alter table ${table} rename to ${later}`],
        rows: [`insert into ${later} values (3, 'c')`],
        down: r.pick([
          [`alter table ${later} rename to ${table}`, `delete from ${table} where id > 1`],
          [`update ${later} set v = 'gone'`, `alter table ${later} rename to ${table}`],
          [`truncate ${later}`, `alter table ${later} rename to ${table}`],
        ]),
      }
    },
  ],
  [
    'column renamed by up, values gone',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key, a text)`,
        `insert into ${table} values (1, 'a'), (2, 'b')`,
      )
      return {
        up: [`alter table ${table} rename a to b`],
        rows: [`insert into ${table} values (3, 'c')`],
        down: r.pick([
          [`update ${table} set b = null`, `alter table ${table} rename b to a`],
          [`alter table ${table} rename b to a`, `update ${table} set a = 'x'`],
          [`delete from ${table}`, `alter table ${table} rename b to a`],
        ]),
      }
    },
  ],
  [
    'DROP COLLATION CASCADE',
    1,
    (_, d) => {
      const [table, collation] = [quote(d.name()), quote(d.name())]
      d.given.push(`create table ${table} (id int primary key)`)
      return {
        up: [
          `create collation ${collation} from "C"`,
          `alter table ${table} add column v text collate ${collation}`,
        ],
        rows: [`insert into ${table} values (1, 'a'), (2, null)`],
        down: [`drop collation ${collation} cascade`],
      }
    },
  ],
  [
    'DROP SCHEMA, with the type of a column elsewhere',
    1,
    (_, d) => {
      const [table, schema] = [quote(d.name()), quote(d.name())]
      d.given.push(`create table ${table} (id int primary key)`)
      return {
        up: [
          `create schema ${schema}`,
          `create type ${schema}.kind as enum ('x', 'y')`,
          `alter table ${table} add column v ${schema}.kind`,
        ],
        rows: [`insert into ${table} values (1, 'x'), (2, null)`],
        down: [`drop schema ${schema} cascade`],
      }
    },
  ],
  [
    'DROP TABLE CASCADE, with a column of its row type',
    1,
    (_, d) => {
      const [table, holder] = [quote(d.name()), quote(d.name())]
      d.given.push(`create table ${holder} (id int primary key)`)
      return {
        up: [
          `create table ${table} (n int, v text)`,
          `alter table ${holder} add column v ${table}`,
        ],
        rows: [
          `insert into ${holder} values (1, row(1, 'x'))`,
          `insert into ${table} values (1, 'x')`,
        ],
        down: [`drop table ${table} cascade`],
      }
    },
  ],
  [
    'DROP ATTRIBUTE of a typed table',
    1,
    (_, d) => {
      const [table, type] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create type ${type} as (id int, v text)`,
        `create table ${table} of ${type} (primary key (id))`,
      )
      return {
        up: [`alter type ${type} add attribute w text cascade`],
        rows: [`insert into ${table} values (1, 'v', 'w')`],
        down: [`alter type ${type} drop attribute w cascade`],
      }
    },
  ],
  [
    'RENAME VALUE',
    1,
    (_, d) => {
      const [table, type] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create type ${type} as enum ('a', 'b')`,
        `create table ${table} (id int primary key, e ${type})`,
        `insert into ${table} values (1, 'a')`,
      )
      return {
        up: [`alter type ${type} rename value 'a' to 'c'`],
        rows: [],
        down: [`alter type ${type} rename value 'c' to 'a'`, `delete from ${table}`],
      }
    },
  ],
  [
    'DROP COLUMN with a sequence of its own',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key)`,
        `insert into ${table} values (1), (2)`,
      )
      return {
        up: [
          `alter table ${table} add column s ${r.pick(['serial', 'int generated always as identity', 'int generated by default as identity (increment -2)'])}`,
        ],
        rows: [`insert into ${table} (id) values (3), (4)`, `delete from ${table} where id = 4`],
        down: [`alter table ${table} drop column s`],
      }
    },
  ],
  [
    'DROP COLUMN of a partitioned table',
    2,
    (r, d) => {
      const [table, a, b] = [quote(d.name()), quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${table} (id int ${r.pick(['primary key', ''])}, v text) partition by range (id)`,
        `create table ${a} (gone int, v text, id int not null)`,
        `alter table ${a} drop column gone`,
        `alter table ${table} attach partition ${a} for values from (0) to (10)`,
        `create table ${b} partition of ${table} default`,
      )
      return {
        up: [`alter table ${table} add column w text`],
        rows: [`insert into ${table} select n, 'v' || n, 'w' || n from generate_series(5, 15) n`],
        down: r.pick([
          [`alter table ${table} drop column w`],
          [`update ${table} set w = id::text`, `alter table ${table} drop column w`],
          [`delete from ${table} where id % 2 = 0`, `alter table ${table} drop column w`],
        ]),
      }
    },
  ],
  [
    'DETACH',
    1,
    (_, d) => {
      const [table, part] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${table} (id int, v text) partition by list (id)`,
        `create table ${part} (id int, v text)`,
        `insert into ${part} values (1, 'a'), (1, 'a')`,
      )
      return {
        up: [`alter table ${table} attach partition ${part} for values in (1, 2)`],
        rows: [`insert into ${table} values (2, 'b')`],
        down: [`alter table ${table} detach partition ${part}`, `delete from ${part} where id = 1`],
      }
    },
  ],
  [
    'rows against NOT VALID',
    1,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key, n int)`,
        `insert into ${table} values (1, 1), (2, 20)`,
        `alter table ${table} add constraint c ${r.pick(['check (n > 5)', `foreign key (n) references ${table} (id)`])} not valid`,
      )
      return {
        up: [],
        rows: [],
        down: [r.pick([`delete from ${table}`, `update ${table} set n = null`])],
      }
    },
  ],
  [
    'a unique key that is deferred',
    1,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int, n int, unique (id) deferrable initially deferred)`,
        `insert into ${table} values (1, 1), (2, 2), (null, 3), (null, 3)`,
      )
      return {
        up: [],
        rows: [],
        down: [`update ${table} set id = id + 1`, `delete from ${table} where n > 1`],
      }
    },
  ],
  [
    'INSERT that up does, twice undone',
    1,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id serial primary key, v text)`)
      return {
        up: [`insert into ${table} (v) values ('seed'), ('seed')`],
        rows: [
          `update ${table} set v = 'mine' where id = 1`,
          `insert into ${table} (v) values ('more')`,
        ],
        down: [
          `update ${table} set v = 'x' where v = 'mine'`,
          `delete from ${table} where v in ('seed', 'x')`,
        ],
      }
    },
  ],
]
