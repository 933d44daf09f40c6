import type { Action } from './action.ts'
import { quote } from './world.ts'

/** Migrations that write what they make, and give one name to several things in turn. */
export const FILLED: readonly (readonly [kind: string, weight: number, make: Action])[] = [
  [
    'backfill',
    4,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key, v text)`,
        `insert into ${table} select g, 'v' || g from generate_series(1, 5) g`,
      )
      const work = r.pick([
        [`update ${table} set slug = upper(v)`],
        [`update ${table} set slug = v where id > 2`],
        [`delete from ${table} where slug = 'edited1'`],
        [`do $f$ begin update ${table} set slug = 'done'; end $f$`],
      ])
      const demands = r.pick([[], [`alter table ${table} alter slug set not null`]])
      return {
        up: [`alter table ${table} add column slug text default 'x'`, ...work, ...demands],
        rows: [`update ${table} set slug = 'edited' || id where id <> 3`],
        down: [`alter table ${table} drop column slug`],
      }
    },
  ],
  [
    'one name for two columns',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id int primary key)`)
      return {
        up: [
          `alter table ${table} add column x text`,
          `alter table ${table} rename x to y`,
          `alter table ${table} add column x text`,
        ],
        rows: [
          `insert into ${table} (id, x, y) select g, 'x' || g, nullif('y' || g, 'y2') from generate_series(1, 3) g`,
        ],
        down: r.pick([
          [
            `alter table ${table} drop column x`,
            `alter table ${table} rename y to x`,
            `alter table ${table} drop column x`,
          ],
          [`alter table ${table} drop column x, drop column y`],
        ]),
      }
    },
  ],
  [
    'one name for two tables',
    2,
    (r, d) => {
      const [u, v] = [quote(d.name()), quote(d.name())]
      return {
        up: [
          `create table ${u} (id int primary key, v text)`,
          `alter table ${u} rename to ${v}`,
          `create table ${u} (id int primary key, v text)`,
        ],
        rows: [
          `insert into ${u} select g, 'u' || g from generate_series(1, 3) g`,
          `insert into ${v} select g, 'v' || g from generate_series(1, 3) g`,
        ],
        down: r.pick([
          [`drop table ${u}`, `alter table ${v} rename to ${u}`, `drop table ${u}`],
          [`drop table ${u}`, `drop table ${v}`],
          [`drop table ${v}, ${u}`],
        ]),
      }
    },
  ],
  [
    'tables that swap their names',
    2,
    (_, d) => {
      const [t, u, between] = [quote(d.name()), quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${t} (id int primary key, a text, b text)`,
        `insert into ${t} values (1, 'a', 'b')`,
      )
      return {
        up: [
          `create table ${u} (id int primary key, v text)`,
          `alter table ${t} rename to ${between}`,
          `alter table ${u} rename to ${t}`,
          `alter table ${between} rename to ${u}`,
        ],
        rows: [`insert into ${t} select g, 'v' || g from generate_series(1, 4) g`],
        down: [`drop table ${t}`, `alter table ${u} rename to ${t}`],
      }
    },
  ],
  [
    'a column is split',
    2,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key, name text)`,
        `insert into ${table} values (1, 'A B'), (2, 'Ludwig van Beethoven'), (3, null)`,
      )
      return {
        up: [
          `alter table ${table} add column first text, add column last text`,
          `update ${table} set first = split_part(name, ' ', 1), last = split_part(name, ' ', 2)`,
          `alter table ${table} drop column name`,
        ],
        rows: [`update ${table} set last = 'edited' where id = 1`],
        down: [
          `alter table ${table} add column name text`,
          `update ${table} set name = first || ' ' || last`,
          `alter table ${table} drop column first, drop column last`,
        ],
      }
    },
  ],
  [
    'a column is made anew both ways',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id int primary key, a text)`)
      const anew = (value: string) => [
        `alter table ${table} rename a to a1`,
        `alter table ${table} add column a text`,
        `update ${table} set a = ${value}`,
        `alter table ${table} drop column a1`,
      ]
      return {
        up: anew('a1'),
        rows: [`insert into ${table} select g, 'long' || g from generate_series(1, 3) g`],
        down: anew(r.pick(['left(a1, 2)', 'a1', 'null'])),
      }
    },
  ],
  [
    'rows change their partition',
    2,
    (r, d) => {
      const table = quote(d.name())
      const part = () => quote(d.name())
      const key = r.pick([', primary key (id, k)', ''])
      d.given.push(
        `create table ${table} (id int, k int${key}) partition by list (k)`,
        `create table ${part()} partition of ${table} for values in (1)`,
        `create table ${part()} partition of ${table} for values in (2)`,
        `insert into ${table} select g, 1 + g % 2 from generate_series(1, 6) g`,
      )
      return {
        up: ['select 1'],
        rows: [],
        down: [
          `update ${table} set k = 1 where k = 2`,
          ...r.pick([[], [`update ${table} set k = 2 where id = 4`]]),
        ],
      }
    },
  ],
]
