import type { Action } from './action.ts'
import type { Random } from '../../rows/random.ts'
import { CONVERSIONS, TYPES } from './types.ts'
import {
  defaultOf,
  fill,
  foreignKey,
  idOf,
  makeTable,
  quote,
  valueOf,
  type Column,
  type Draft,
  type Table,
} from './world.ts'

/** What the way back does to things that `up` makes again. */
export const DDL: readonly (readonly [kind: string, weight: number, make: Action])[] = [
  ['DROP COLUMN', 6, dropColumn],
  ['DROP TABLE', 6, dropTable],
  [
    'DROP TABLE, with a sequence',
    2,
    (r, d) => {
      const [table, sequence] = [quote(d.name()), quote(d.name())]
      const name = sequence.replaceAll("'", "''")
      return {
        up: [
          `create sequence ${sequence}${r.pick(['', ' increment -1', ' start 50'])}`,
          `create table ${table} (id bigint default nextval('${name}')${r.pick(['', ' primary key'])}, v text)`,
        ],
        rows: [`insert into ${table} (v) select 'v' from generate_series(1, ${r.int(1, 6)})`],
        down: [`drop table ${table}`, `drop sequence ${sequence}`],
      }
    },
  ],
  [
    'DROP SEQUENCE',
    2,
    (r, d) => {
      const [table, sequence] = [quote(d.name()), quote(d.name())]
      const name = sequence.replaceAll("'", "''")
      d.given.push(`create table ${table} (id bigint primary key)`)
      const cascade = r.chance(0.4)
      return {
        up: [
          `create sequence ${sequence}${r.pick(['', ' increment -1', ' start 50'])}`,
          `alter table ${table} alter id set default nextval('${name}')`,
        ],
        rows: [
          `insert into ${table} select nextval('${name}') from generate_series(1, ${r.int(1, 6)})`,
        ],
        down: cascade
          ? [`drop sequence ${sequence} cascade`]
          : [`alter table ${table} alter id drop default`, `drop sequence ${sequence}`],
      }
    },
  ],
  [
    'DROP IDENTITY',
    1,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id int not null, v text)`)
      return {
        up: [
          `alter table ${table} alter id add generated ${r.pick(['always', 'by default'])} as identity${r.pick(['', ' (increment -1)'])}`,
        ],
        rows: [`insert into ${table} (v) select 'v' from generate_series(1, 5)`],
        down: [`alter table ${table} alter id drop identity`],
      }
    },
  ],
  [
    'DROP SCHEMA CASCADE',
    2,
    (r, d) => {
      const schema = d.name()
      const { table, sql } = makeTable(r, d, schema)
      return {
        up: [`create schema ${quote(schema)}`, ...sql],
        rows: fill(r, table),
        down: [`drop schema ${quote(schema)} cascade`],
      }
    },
  ],
  [
    'DROP TYPE CASCADE',
    2,
    (r, d) => {
      const [type, column] = [quote(d.name()), quote(d.name())]
      const table = keyed(r, d)
      const [definition, value] = r.pick([
        [`create type ${type} as enum ('a', 'b')`, `'b'`],
        [`create domain ${type} as text`, `'word'`],
        [`create type ${type} as (x int, y text)`, `'(1,y)'`],
        [`create type ${type} as range (subtype = int)`, `'[1,4)'`],
      ] as const)
      return {
        up: [
          definition,
          `alter table ${table.sql} add column ${column} ${type}${r.pick(['', '[]'])}`.replace(
            /\[\]$/,
            '',
          ),
        ],
        rows: [`update ${table.sql} set ${column} = ${value}`],
        down: [`drop ${definition.includes('domain') ? 'domain' : 'type'} ${type} cascade`],
      }
    },
  ],
  [
    'DROP VIEW CASCADE, with a column of its row type',
    1,
    (r, d) => {
      const [view, holder] = [quote(d.name()), quote(d.name())]
      const table = r.pick(d.tables)
      d.given.push(
        `create table ${holder} (id int primary key)`,
        `insert into ${holder} values (1), (2)`,
      )
      return {
        up: [
          `create view ${view} as select ${idOf(table)}, 'x'::text as more from ${table.sql}`,
          `alter table ${holder} add column v ${view}`,
        ],
        rows: [`update ${holder} set v = row(id, 'y')::${view} where id = 1`],
        down: [`drop view ${view} cascade`],
      }
    },
  ],
  [
    'DROP VIEW',
    1,
    (r, d) => {
      const view = quote(d.name())
      return {
        up: [`create view ${view} as select 1 as n from ${r.pick(d.tables).sql}`],
        rows: [],
        down: [`drop view ${view}`],
      }
    },
  ],
  [
    'DROP MATERIALIZED VIEW',
    1,
    (r, d) => {
      const view = quote(d.name())
      return {
        up: [`create materialized view ${view} as select 1 as n from ${r.pick(d.tables).sql}`],
        rows: [],
        down: [`drop materialized view ${view}`],
      }
    },
  ],
  [
    'DROP FUNCTION CASCADE, with a column default',
    1,
    (r, d) => {
      const name = quote(d.name())
      const table = keyed(r, d)
      const column = quote(d.name())
      const generated = r.chance(0.5)
      const what = generated
        ? `int generated always as (${name}(${idOf(table)})) stored`
        : `int default ${name}(3)`
      return {
        up: [
          `create function ${name}(int) returns int language sql immutable as 'select $1 + 1'`,
          `alter table ${table.sql} add column ${column} ${what}`,
        ],
        rows: generated ? [] : [`update ${table.sql} set ${column} = 9`],
        down: generated
          ? [`drop function ${name}(int) cascade`]
          : [
              `drop function ${name}(int) cascade`,
              `alter table ${table.sql} drop column ${column}`,
            ],
      }
    },
  ],
  ['ALTER TYPE', 8, convert],
  [
    'RENAME, then DROP COLUMN',
    2,
    (r, d) => {
      const table = keyed(r, d)
      const column = newColumn(r, d)
      return {
        up: [`alter table ${table.sql} add column ${column.sql} ${column.type.sql}`],
        rows: setColumn(r, table, column),
        down: [
          `alter table ${table.sql} rename ${column.sql} to renamed`,
          `alter table ${table.sql} drop renamed`,
        ],
      }
    },
  ],
  [
    'RENAME, then DROP TABLE',
    2,
    (r, d) => {
      const { table, sql } = makeTable(r, d)
      return {
        up: sql,
        rows: fill(r, table),
        down: [`alter table ${table.sql} rename to renamed`, `drop table public.renamed`],
      }
    },
  ],
  [
    'RENAME and back',
    2,
    (r, d) => {
      const { table, sql } = makeTable(r, d)
      const other = { ...table, sql: 'public.renamed' }
      return {
        up: [...sql, `alter table ${table.sql} rename to renamed`],
        rows: fill(r, other),
        down: [
          `alter table public.renamed rename to ${quote(table.name)}`,
          `drop table ${table.sql}`,
        ],
      }
    },
  ],
  [
    'RENAME a column and back',
    1,
    (r, d) => {
      const table = keyed(r, d)
      const column = newColumn(r, d)
      const renamed = { ...column, sql: 'renamed' }
      return {
        up: [
          `alter table ${table.sql} add column ${column.sql} ${column.type.sql}`,
          `alter table ${table.sql} rename ${column.sql} to renamed`,
        ],
        rows: setColumn(r, table, renamed),
        down: [
          `alter table ${table.sql} rename renamed to ${column.sql}`,
          `alter table ${table.sql} drop column ${column.sql}`,
        ],
      }
    },
  ],
  [
    'SET SCHEMA, then DROP',
    1,
    (r, d) => {
      const { table, sql } = makeTable(r, d)
      return {
        up: sql,
        rows: fill(r, table),
        down: [
          `alter table ${table.sql} set schema other`,
          `drop table other.${quote(table.name)}`,
        ],
      }
    },
  ],
  [
    'RENAME SCHEMA, then DROP',
    1,
    (r, d) => {
      const schema = d.name()
      const { table, sql } = makeTable(r, d, schema)
      return {
        up: [`create schema ${quote(schema)}`, ...sql],
        rows: fill(r, table),
        down: [
          `alter schema ${quote(schema)} rename to moved`,
          `drop table moved.${quote(table.name)}`,
          'drop schema moved',
        ],
      }
    },
  ],
  [
    'SET search_path, then DROP',
    2,
    (r, d) => {
      const { table, sql } = makeTable(r, d, 'other')
      const twin = quote(table.name)
      if (r.chance(0.6))
        d.given.push(
          `create table public.${twin} (id int primary key)`,
          `insert into public.${twin} values (1), (2)`,
        )
      const set = r.pick([
        'set search_path to other',
        `select set_config('search_path', 'other', false)`,
        'set local search_path to other',
      ])
      return {
        up: sql,
        rows: fill(r, table),
        down: [set, `drop table ${twin}`, 'reset search_path'],
      }
    },
  ],
  [
    'SET search_path, then DELETE',
    1,
    (r, d) => {
      const { table, sql } = makeTable(r, d, 'other')
      d.given.push(...sql, ...fill(r, table))
      return {
        up: [],
        rows: [],
        down: [
          'set search_path to other, public',
          `delete from ${quote(table.name)}`,
          'reset search_path',
        ],
      }
    },
  ],
  [
    'NOT NULL',
    1,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id int primary key)`)
      return {
        up: [`alter table ${table} add column n int`, `alter table ${table} alter n set not null`],
        rows: [`insert into ${table} values (1, 10), (2, 20)`],
        down: [`alter table ${table} drop column n`],
      }
    },
  ],
  [
    'constraints of new columns',
    2,
    (r, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int primary key)`,
        `insert into ${table} values (1), (2)`,
      )
      const constraint = r.pick([
        `add unique (n)`,
        `add check (n is null or n > 5)`,
        `add exclude (n with =)`,
        `add foreign key (n) references ${table} (id) deferrable initially deferred`,
      ])
      return {
        up: [`alter table ${table} add column n int`, `alter table ${table} ${constraint}`],
        rows: [`insert into ${table} values (10, 10), (20, 20)`],
        down: [`alter table ${table} drop column n`],
      }
    },
  ],
  [
    'DROP of tables in a circle',
    2,
    (r, d) => {
      const [a, b] = [quote(d.name()), quote(d.name())]
      const deferred = r.pick(['', ' deferrable initially deferred'])
      return {
        up: [
          `create table ${a} (id int primary key, b int)`,
          `create table ${b} (id int primary key, a int references ${a} (id)${deferred})`,
          `alter table ${a} add constraint circle foreign key (b) references ${b} (id)${deferred}`,
        ],
        rows: [
          `insert into ${a} values (1, null), (2, null)`,
          `insert into ${b} values (1, 1), (2, 2)`,
          `update ${a} set b = 3 - id`,
        ],
        down: r.pick([
          [`drop table ${a}, ${b}`],
          [`drop table ${a} cascade`, `drop table ${b}`],
          [`alter table ${a} drop constraint circle`, `drop table ${b}`, `drop table ${a}`],
        ]),
      }
    },
  ],
  [
    'partitions: DROP',
    2,
    (r, d) => {
      const [table, part] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${table} (id int ${r.pick(['primary key', ''])}, v text) partition by list (id)`,
      )
      const drop = `drop table ${part}`
      return {
        up: [`create table ${part} partition of ${table} for values in (501, 502)`],
        rows: [`insert into ${table} values (501, 'x'), (502, null)`],
        down: r.pick([[drop], [`alter table ${table} detach partition ${part}`, drop]]),
      }
    },
  ],
  [
    'DROP of a partitioned table',
    1,
    (r, d) => {
      const [table, part, one] = [quote(d.name()), quote(d.name()), quote(d.name())]
      const others = `create table ${part} partition of ${table} default`
      const created = `create table ${one} partition of ${table} for values in (1, 2)`
      const attached = [
        `create table ${one} (id int, v text)`,
        `alter table ${table} attach partition ${one} for values in (1, 2)`,
      ]
      const numbered = `create table ${quote(d.name())} partition of ${table} for values in (7)`
      return {
        up: [
          `create table ${table} (id int, v text) partition by list (id)`,
          ...r.pick([
            [others, created, numbered],
            [others, ...attached],
            [others, `create index on ${table} (v)`, created, numbered],
            [created, others, numbered],
          ]),
        ],
        rows: [`insert into ${table} values (1, 'a'), (7, 'b'), (7, 'b'), (null, null)`],
        down: [
          r.pick([`drop table ${table}`, `drop table ${part}`, `drop table ${table} cascade`]),
          `drop table if exists ${table}`,
        ],
      }
    },
  ],
  [
    'DROP of heirs',
    1,
    (r, d) => {
      const [parent, heir] = [quote(d.name()), quote(d.name())]
      return {
        up: [
          `create table ${parent} (id int, v text)`,
          `create table ${heir} (w int) inherits (${parent})`,
        ],
        rows: [
          `insert into ${parent} values (1, 'a')`,
          `insert into ${heir} values (2, 'b', 3), (2, 'b', 3)`,
        ],
        down: r.pick([
          [`drop table ${parent} cascade`],
          [`drop table ${heir}`, `drop table ${parent}`],
          [`delete from ${parent}`, `drop table ${parent} cascade`],
        ]),
      }
    },
  ],
  [
    'DROP COLUMN of a parent',
    1,
    (_, d) => {
      const [parent, heir] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${parent} (id int primary key, v text)`,
        `create table ${heir} (w int) inherits (${parent})`,
        `insert into ${parent} values (1, 'a')`,
        `insert into ${heir} values (2, 'b', 3), (1, 'b', 3)`,
      )
      return {
        up: [`alter table ${parent} add column c text`],
        rows: [`update ${parent} set c = 'c' || id || v`],
        down: [`alter table ${parent} drop column c`],
      }
    },
  ],
  [
    'DROP of a table without columns',
    1,
    (r, d) => {
      const table = quote(d.name())
      return {
        up: [`create table ${table} ()`],
        rows: r.times(1, 3, () => `insert into ${table} default values`),
        down: [`drop table ${table}`],
      }
    },
  ],
  [
    'enum value',
    1,
    (r, d) => {
      const [table, type] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create type ${type} as enum ('a', 'b')`,
        `create table ${table} (id int ${r.pick(['primary key', ''])}, e ${type})`,
        `insert into ${table} values (1, 'a')`,
      )
      return {
        up: [`alter type ${type} add value if not exists 'c'`],
        rows: [`insert into ${table} values (2, 'c'), (3, null)`],
        down: [
          `alter type ${type} rename to old_type`,
          `create type ${type} as enum ('a', 'b')`,
          `alter table ${table} alter e type ${type} using (case e::text when 'c' then 'a' else e::text end)::${type}`,
          'drop type old_type',
        ],
      }
    },
  ],
  [
    'ALTER TYPE of a composite',
    1,
    (_, d) => {
      const [table, type] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create type ${type} as (x int, y text)`,
        `create table ${table} (id int primary key, c ${type})`,
      )
      return {
        up: [`alter type ${type} add attribute z int`],
        rows: [`insert into ${table} values (1, row(1, 'y', 3)), (2, null)`],
        down: [`alter type ${type} drop attribute z`],
      }
    },
  ],
  [
    'several changes in one ALTER TABLE',
    1,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(`create table ${table} (id int primary key, n int)`)
      return {
        up: [
          `alter table ${table} alter n type numeric, add column a text, add column b timestamptz default now()`,
        ],
        rows: [`insert into ${table} values (1, 1.5, 'a'), (2, null, null), (3, 2, '')`],
        down: [`alter table ${table} drop column a, alter n type int, drop column b`],
      }
    },
  ],
]

function dropColumn(random: Random, draft: Draft): ReturnType<Action> {
  const table = random.pick(draft.tables)
  const columns = random.times(1, 2, () => newColumn(random, draft))
  const cascade = random.pick(['', '', ' cascade'])
  return {
    up: columns.map(
      (column) =>
        `alter table ${table.sql} add column ${column.sql} ${column.type.sql}${random.chance(0.25) ? defaultOf(random, column) : ''}`,
    ),
    rows: [
      ...columns.flatMap((column) => setColumn(random, table, column)),
      ...(random.chance(0.3) ? fill(random, table, 50, 2) : []),
    ],
    down: columns.map((column) => `alter table ${table.sql} drop column ${column.sql}${cascade}`),
  }
}

function dropTable(random: Random, draft: Draft): ReturnType<Action> {
  const { table, sql } = makeTable(random, draft, random.chance(0.2) ? 'other' : 'public')
  const cascade = random.pick(['', ' cascade'])
  const other = random.pick(draft.tables)
  const keys = random.chance(0.3) ? foreignKey(random, table, other) : []
  const seeds = random.chance(0.25) ? fill(random, table, 700, 2) : []
  const extra = random.chance(0.3) ? [`create index on ${table.sql} (${idOf(table)})`] : []
  return {
    up: [...sql, ...keys.filter((text) => !text.startsWith('update')), ...seeds, ...extra],
    rows: [...fill(random, table), ...keys.filter((text) => text.startsWith('update'))],
    down: [`drop table ${random.pick(['', 'if exists '])}${table.sql}${cascade}`],
  }
}

function convert(random: Random, draft: Draft): ReturnType<Action> {
  const { wide, narrow, values, down, up } = random.pick(CONVERSIONS)
  const table = quote(draft.name())
  const key = random.pick(['primary key', 'primary key', 'primary key', '', 'not null unique'])
  draft.given.push(
    `create table ${table} (id int ${key}, x ${narrow})`,
    `insert into ${table} values (1, null)`,
  )
  const rows = values.map((value, n) => `(${n + 2}, ${value})`)
  return {
    up:
      wide === narrow
        ? []
        : [`alter table ${table} alter x type ${wide} using ${up ?? `x::text::${wide}`}`],
    rows: rows.length > 0 ? [`insert into ${table} values ${random.some(rows, 5).join(', ')}`] : [],
    down: [`alter table ${table} alter column x type ${narrow}${down}`],
  }
}

function keyed(random: Random, { tables }: Draft): Table {
  return random.pick(
    tables.some(({ key }) => key !== 'none') && random.chance(0.8)
      ? tables.filter(({ key }) => key !== 'none')
      : tables,
  )
}

function newColumn(random: Random, draft: Draft): Column {
  return { sql: quote(draft.name()), type: random.pick(TYPES) }
}

function setColumn(random: Random, table: Table, column: Column): string[] {
  const id = idOf(table)
  return [
    `update ${table.sql} set ${column.sql} = ${valueOf(random, column)}`,
    `update ${table.sql} set ${column.sql} = ${valueOf(random, column)} where ${id} > 2`,
  ]
}
