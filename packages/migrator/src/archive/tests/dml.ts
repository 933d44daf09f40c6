import type { Action } from './action.ts'
import type { Random } from '../../rows/random.ts'
import { idOf, quote, valueOf, type Draft, type Table } from './world.ts'

/** What the way back does to rows that stay when it is gone: DELETE and all that is like it. */
export const DML: readonly (readonly [kind: string, weight: number, make: Action])[] = [
  ['DELETE', 6, (r, d) => down(`delete from ${one(r, d).sql} where ${predicate(r, d)}`)],
  ['DELETE all', 2, (r, d) => down(`delete from ${one(r, d).sql}`)],
  ['DELETE ONLY', 1, (r, d) => down(`delete from only ${one(r, d).sql}`)],
  [
    'DELETE RETURNING',
    1,
    (r, d) => down(`delete from ${one(r, d).sql} where ${predicate(r, d)} returning *`),
  ],
  [
    'DELETE USING',
    2,
    (r, d) => {
      const [table, other] = [one(r, d), any(r, d)]
      return down(
        `delete from ${table.sql} as q using ${other.sql} as o where q.${idOf(table)} = o.${idOf(other)} + ${r.int(0, 1)}`,
      )
    },
  ],
  [
    'UPDATE',
    6,
    (r, d) => {
      const table = one(r, d)
      return down(`update ${table.sql} set ${assignment(r, table)} where ${predicate(r, d)}`)
    },
  ],
  [
    'UPDATE of a key',
    2,
    (r, d) => {
      const table = one(r, d)
      const id = idOf(table)
      return down(
        `update ${table.sql} set ${id} = ${r.pick([`${id} + 1000`, `-${id}`, id])} where ${predicate(r, d)}`,
      )
    },
  ],
  [
    'UPDATE FROM',
    2,
    (r, d) => {
      const [table, other] = [one(r, d), any(r, d)]
      return down(
        `update ${table.sql} q set ${assignment(r, table)} from ${other.sql} o where q.${idOf(table)} = o.${idOf(other)}`,
      )
    },
  ],
  [
    'UPDATE of nothing',
    1,
    (r, d) => {
      const table = one(r, d)
      return down(`update ${table.sql} set ${idOf(table)} = ${idOf(table)}`)
    },
  ],
  [
    'TRUNCATE',
    2,
    (r, d) =>
      down(
        `truncate ${one(r, d).sql}${r.pick(['', ' cascade', ' restart identity', ' restart identity cascade'])}`,
      ),
  ],
  [
    'TRUNCATE several',
    1,
    (r, d) =>
      down(`truncate ${d.tables.map(({ sql }) => sql).join(', ')}${r.pick(['', ' cascade'])}`),
  ],
  ['TRUNCATE ONLY', 1, (r, d) => down(`truncate only ${one(r, d).sql}`)],
  [
    'WITH DELETE',
    2,
    (r, d) =>
      down(
        `with gone as (delete from ${one(r, d).sql} where ${predicate(r, d)} returning *) select count(*) from gone`,
      ),
  ],
  [
    'WITH DELETE, INSERT',
    1,
    (r, d) => {
      const table = one(r, d)
      const copy = quote(d.name())
      d.given.push(`create table ${copy} (n int)`)
      return down(
        `with gone as (delete from ${table.sql} returning ${idOf(table)} as n) insert into ${copy} select n from gone where n > 2`,
      )
    },
  ],
  [
    'MERGE',
    3,
    (r, d) => {
      const table = one(r, d)
      const id = idOf(table)
      const what = r.pick([
        `when matched then delete`,
        `when matched then update set ${assignment(r, table)}`,
        `when matched and q.${id} > 2 then delete when matched then do nothing`,
      ])
      return down(
        `merge into ${table.sql} q using (values (1), (2), (4)) as o (n) on q.${id} = o.n ${what}`,
      )
    },
  ],
  [
    'INSERT ON CONFLICT',
    2,
    (r, d) => {
      const table = one(r, d)
      // Every row is met again, so nothing is added.
      if (table.key === 'pair')
        return down(
          `insert into ${table.sql} (a, b) select a, b from ${table.sql} on conflict do nothing`,
        )
      if (table.key === 'none')
        return down(`insert into ${table.sql} (id) select 1 limit 0 on conflict do nothing`)
      return down(
        `insert into ${table.sql} as q (id) values (1), (2) on conflict (id) do update set ${assignment(r, table)}`,
      )
    },
  ],
  ['DO', 1, (r, d) => down(`do $f$ begin delete from ${one(r, d).sql}; end $f$`)],
  ['SELECT f()', 1, (r, d) => down(`select ${purge(r, d)}()`)],
  ['SELECT from f()', 1, (r, d) => down(`select * from ${purge(r, d)}() as q where q > 0`)],
  ['VALUES f()', 1, (r, d) => down(`values (${purge(r, d)}())`)],
  [
    'CALL',
    1,
    (r, d) => {
      const name = quote(d.name())
      d.given.push(
        `create procedure ${name}() language plpgsql as $f$ begin delete from ${one(r, d).sql}; end $f$`,
      )
      return down(`call ${name}()`)
    },
  ],
  [
    'EXECUTE',
    1,
    (r, d) =>
      down(
        `prepare gone as delete from ${one(r, d).sql} where ${predicate(r, d)}`,
        'execute gone',
        'deallocate gone',
      ),
  ],
  [
    'EXPLAIN ANALYZE',
    1,
    (r, d) =>
      down(`explain (analyze, costs off) delete from ${one(r, d).sql} where ${predicate(r, d)}`),
  ],
  [
    'CREATE TABLE AS f()',
    1,
    (r, d) => made(`create table # as select ${purge(r, d)}() as n`, 'table', d),
  ],
  ['SELECT INTO f()', 1, (r, d) => made(`select ${purge(r, d)}() as n into #`, 'table', d)],
  [
    'CREATE TABLE AS, f() deep in it',
    1,
    (r, d) =>
      made(
        `create table # as select * from (select 1 where (select ${purge(r, d)}()) > 0) q`,
        'table',
        d,
      ),
  ],
  [
    'CREATE MATERIALIZED VIEW of f()',
    1,
    (r, d) =>
      made(`create materialized view # as select ${purge(r, d)}() as n`, 'materialized view', d),
  ],
  [
    'CREATE TABLE AS EXECUTE',
    1,
    (r, d) => {
      const { up, down } = made(`create table # as execute gone`, 'table', d)
      return {
        up,
        rows: [],
        down: [`prepare gone as select ${purge(r, d)}() as n`, ...down, 'deallocate gone'],
      }
    },
  ],
  [
    'ADD COLUMN DEFAULT f()',
    1,
    (r, d) => {
      const [table, column] = [one(r, d), quote(d.name())]
      return {
        up: [`alter table ${table.sql} drop column if exists ${column}`],
        rows: [],
        down: [`alter table ${table.sql} add column ${column} int default ${purge(r, d)}()`],
      }
    },
  ],
  [
    'INSERT of f()',
    1,
    (r, d) => {
      const log = quote(d.name())
      d.given.push(`create table ${log} (n int)`)
      return down(
        `insert into ${log} select ${purge(r, d)}() where false`,
        `insert into ${log} values (${purge(r, d)}())`,
        `delete from ${log}`,
      )
    },
  ],
  [
    'INSERT with a default f()',
    1,
    (r, d) => {
      const log = quote(d.name())
      d.given.push(`create table ${log} (m int, n int default ${purge(r, d)}())`)
      return down(`insert into ${log} (m) values (1)`, `delete from ${log}`)
    },
  ],
  [
    'INSERT, a trigger deletes',
    1,
    (r, d) => {
      const [log, name] = [quote(d.name()), quote(d.name())]
      d.given.push(
        `create table ${log} (n int)`,
        `create function ${name}() returns trigger language plpgsql as $f$ begin delete from ${one(r, d).sql}; return null; end $f$`,
        `create trigger t after insert on ${log} for each ${r.pick(['row', 'statement'])} execute function ${name}()`,
      )
      return down(`insert into ${log} values (1)`, `delete from ${log}`)
    },
  ],
  [
    'REFRESH of f()',
    1,
    (r, d) => {
      const view = quote(d.name())
      d.given.push(`create materialized view ${view} as select ${purge(r, d)}() as n with no data`)
      return down(`refresh materialized view ${view}`)
    },
  ],
  [
    'CHECK f()',
    1,
    (r, d) => {
      const table = one(r, d)
      const log = quote(d.name())
      d.given.push(`create table ${log} (n int)`, `insert into ${log} values (1)`)
      const check = quote(d.name())
      d.given.push(
        `create function ${check}(int) returns boolean language plpgsql as $f$ begin delete from ${table.sql}; return true; end $f$`,
      )
      return {
        up: [`alter table ${log} drop constraint if exists c`],
        rows: [],
        down: [`alter table ${log} add constraint c check (${check}(n))`],
      }
    },
  ],
  [
    'DELETE of a view',
    1,
    (r, d) => {
      const view = quote(d.name())
      d.given.push(
        `create view ${view} as select * from ${one(r, d).sql} where ${predicate(r, d, false)}`,
      )
      return down(
        r.chance(0.5)
          ? `delete from ${view}`
          : `update ${view} set ${idOf(d.tables[0] ?? one(r, d))} = 1 where false`,
      )
    },
  ],
  [
    'DELETE where f()',
    1,
    (r, d) => down(`delete from ${one(r, d).sql} where ${purge(r, d)}() = 1`),
  ],
  ['seeded rows deleted', 3, seeded],
  [
    'setval',
    1,
    (r, d) => {
      const sequence = usedSequence(r, d)
      return down(
        `select ${r.pick(['', 'pg_catalog.'])}setval('${sequence.replaceAll("'", "''")}', ${r.int(1, 3)} * sign(seqincrement)::int${r.pick(['', ', false'])}) from pg_sequence where seqrelid = '${sequence.replaceAll("'", "''")}'::regclass`,
      )
    },
  ],
  ['ALTER SEQUENCE RESTART', 1, (r, d) => down(`alter sequence ${usedSequence(r, d)} restart`)],
  [
    'ALTER TABLE … RESTART',
    1,
    (_, d) => {
      const table = quote(d.name())
      d.given.push(
        `create table ${table} (id int generated always as identity, v int)`,
        `insert into ${table} (v) select generate_series(1, 5)`,
      )
      return down(`alter table ${table} alter id restart`)
    },
  ],
  [
    'COPY of a DELETE',
    1,
    (r, d) =>
      down(
        `copy (delete from ${one(r, d).sql} where ${predicate(r, d)} returning *) to '/dev/null'`,
      ),
  ],
  [
    'partitions: DELETE',
    2,
    (r, d) => {
      const table = partitioned(r, d)
      return down(
        r.pick([
          `delete from ${table} where id < 15`,
          `update ${table} set id = id + 10`,
          `truncate ${table}`,
          `delete from ${table}`,
        ]),
      )
    },
  ],
  [
    'nothing',
    1,
    (r, d) =>
      down(
        r.pick([
          `select count(*) from ${one(r, d).sql}`,
          `comment on table ${one(r, d).sql} is null`,
          `analyze ${one(r, d).sql}`,
          `lock table ${one(r, d).sql} in share mode`,
        ]),
      ),
  ],
]

function down(...statements: string[]): ReturnType<Action> {
  return { up: [], rows: [], down: statements }
}

/** A statement of the way back that makes something, which `up` drops. */
function made(sql: string, kind: string, draft: Draft): ReturnType<Action> {
  const name = quote(draft.name())
  return { up: [`drop ${kind} if exists ${name}`], rows: [], down: [sql.replace('#', () => name)] }
}

/** Mostly one table for a case: that is where statements meet. */
function one(random: Random, { tables }: Draft): Table {
  const [first] = tables
  return first && random.chance(0.6) ? first : random.pick(tables)
}

function any(random: Random, { tables }: Draft): Table {
  return random.pick(tables)
}

/**
 * Half of the rows, and nothing that could be counted before: volatile, and yet the same rows each time, or the
 * statement might fail in one play and not in the other.
 */
const HALF = `random() < 2 and md5(ctid::text) < '8'`

/** Of whichever table it is: `id` or `a` would have to be told, `ctid` need not. */
function predicate(random: Random, draft: Draft, volatile = true): string {
  const free = [
    'true',
    HALF,
    `clock_timestamp() > '2020-01-01'`,
    `ctid = any (array(select ctid from ${random.pick(draft.tables).sql} limit 3))`,
    `current_setting('timezone') <> 'nowhere'`,
    `exists (select from ${random.pick(draft.tables).sql})`,
    `tableoid is not null and ctid > '(0,2)'`,
    `(ctid::text::point)[1] % 2 = 0`.replace('% 2 = 0', '> 2'),
  ]
  return random.pick(volatile ? free : free.slice(0, 1))
}

function assignment(random: Random, table: Table): string {
  const column = random.pick(table.columns)
  const choices = [
    `${column.sql} = null`,
    `${column.sql} = default`,
    `${column.sql} = ${valueOf(random, column)}`,
    `${column.sql} = case when ${HALF} then null else (${valueOf(random, column)})::${column.type.sql} end`,
  ]
  if (/^(text|varchar\(12\))$/.test(column.type.sql))
    choices.push(`${column.sql} = left(md5(random()::text), 10)`)
  if (column.type.sql === 'timestamptz') choices.push(`${column.sql} = date_trunc('day', now())`)
  return random.pick(choices)
}

/** A function that takes rows away; its name. */
export function purge(random: Random, draft: Draft): string {
  const name = `public.${quote(draft.name())}`
  const table = one(random, draft)
  const body = random.pick([
    `delete from ${table.sql}`,
    `update ${table.sql} set ${assignment(random, table)}`,
  ])
  draft.given.push(
    `create function ${name}() returns int language plpgsql volatile${random.pick(['', ' security definer'])} as $f$ begin ${body}; return 1; end $f$`,
  )
  return name
}

function seeded(random: Random, draft: Draft): ReturnType<Action> {
  const table = quote(draft.name())
  const key = random.pick(['primary key', '', 'generated by default as identity'])
  draft.given.push(
    `create table ${table} (id int ${key}, v text)`,
    `insert into ${table} values (90, 'mine')`,
  )
  return {
    up: [
      `insert into ${table} values (1, 'seed'), (2, 'seed'), (3, null)`,
      ...(key === '' ? [`insert into ${table} values (3, null)`] : []),
    ],
    rows: random.some(
      [
        `update ${table} set v = 'edited' where id = 1`,
        `delete from ${table} where id = 2`,
        `insert into ${table} values (4, 'more')`,
      ],
      2,
    ),
    down: [
      random.pick([
        `delete from ${table} where id < 90`,
        `delete from ${table} where v = 'seed'`,
        `truncate ${table}`,
      ]),
    ],
  }
}

function usedSequence(random: Random, draft: Draft): string {
  const sequence = quote(draft.name())
  draft.given.push(
    `create sequence ${sequence}${random.pick(['', ' increment by -1', ' increment by 5 start 10'])}`,
    `select nextval('${sequence.replaceAll("'", "''")}') from generate_series(1, 4)`,
  )
  return sequence
}

function partitioned(random: Random, draft: Draft): string {
  const table = quote(draft.name())
  const by = random.pick(['range (id)', 'list (id)', 'hash (id)'])
  const parts =
    {
      'range (id)': ['for values from (0) to (10)', 'for values from (10) to (100)', 'default'],
      'list (id)': ['for values in (1, 2, 11)', 'for values in (3, 12)', 'default'],
      'hash (id)': [
        'for values with (modulus 2, remainder 0)',
        'for values with (modulus 2, remainder 1)',
      ],
    }[by] ?? []
  draft.given.push(
    `create table ${table} (id int ${random.pick(['primary key', ''])}, v text) partition by ${by}`,
    ...parts.map((bounds) => `create table ${quote(draft.name())} partition of ${table} ${bounds}`),
    `insert into ${table} select n, 'p' || n from generate_series(1, 14) n`,
  )
  return table
}
