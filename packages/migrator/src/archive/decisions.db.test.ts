import { briefly } from '@techfacts/postgres/testing'
import { describe, expect, test } from 'vitest'
import { readRows, readSchema } from '../testing/database.ts'
import { useWayBack } from '../testing/way-back.ts'
import { diffCatalogs } from '../catalog/index.ts'

const way = useWayBack()

/** Everything that a refused run must leave. */
const everything = async () => ({
  rows: await readRows(way.url()),
  ledger: await way.sql('select name from mikro_orm_migrations order by id'),
  archive: await way.sql(`select to_regnamespace('migrator_archive') as there`),
})

interface Refusal {
  readonly code: string
  readonly message: string
  readonly next: readonly unknown[]
}

async function refused(work: () => Promise<unknown>): Promise<Refusal> {
  const [rows, schema] = [await everything(), await readSchema(way.url())]
  const error = await work().then(
    () => ({ code: 'NOT_REFUSED', message: '', next: [] }),
    (problem: Refusal) => problem,
  )
  expect(error).toMatchObject({ exit: 3 })
  expect(await everything()).toEqual(rows)
  expect(diffCatalogs(await readSchema(way.url()), schema)).toEqual([])
  return error
}

const twoTables = async () => {
  const project = await way.project({
    M1: { up: 'create table a (id int primary key, n int)', down: 'drop table a' },
    M2: {
      up: 'create table b (id int primary key); alter table a add column note text',
      down: 'alter table a drop column note; drop table b',
    },
  })
  await way.up(project)
  return project
}

describe('without a word', () => {
  test('a database that is not disposable is left as it is, with counts and the command', async () => {
    const project = await twoTables()
    await way.keepForGood()
    await way.sql(`insert into a values (1, 2, 'x'), (2, 3, null); insert into b values (1)`)
    const { code, message, next } = await refused(() => way.down(project, '-1'))
    expect(code).toBe('LOSSES_UNCONFIRMED')
    expect(next).toMatchObject([{ command: 'down', args: ['M1'], options: { yes: true } }])
    expect(message).toMatch(/a\.note: 1 values\n {2}b: 1 rows\n/)
    await way.down(project, '-1', { yes: true })
    expect(await way.archived()).toEqual(['table b 1', 'values a 2'])
  })

  test('nothing is asked where nothing is lost', async () => {
    const project = await twoTables()
    await way.keepForGood()
    await way.sql(`insert into a values (1, 2, null)`)
    expect((await way.down(project, 'M1')).losses).toEqual([])
  })

  test('what nobody can count is a loss, too', async () => {
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: { up: 'create table a (n int)', down: 'do $$ begin drop table a; end $$' },
    })
    await way.up(project)
    await way.keepForGood()
    const { message } = await refused(() => way.down(project, 'M1'))
    expect(message).toMatch(/DO: cannot be counted/)
  })

  test('what only the run finds out is named by the next question', async () => {
    const project = await way.project({
      M1: {
        up: `create table a (n int); create function gone(int) returns boolean language plpgsql as
               $$ begin delete from a; return true; end $$;
             create domain checked as int check (gone(value))`,
        down: '',
      },
      M2: { up: '', down: 'select 5::checked' },
    })
    await way.up(project)
    await way.keepForGood()
    await way.sql('insert into a values (1), (2)')
    const { code } = await refused(() => way.down(project, 'M1'))
    expect(code).toBe('LOSSES_EXCEEDED')
    const { message } = await refused(() => way.down(project, 'M1'))
    expect(message).toMatch(/a: 2 rows/)
    await way.down(project, 'M1', { yes: true })
    expect(await way.archived()).toEqual(['rows a 2'])
  })

  test('what is taken through a view is one, too', async () => {
    const project = await way.project({
      M1: { up: 'create table a (n int); create view v as select * from a', down: '' },
      M2: { up: '', down: 'delete from v; update v set n = 1' },
    })
    await way.up(project)
    expect((await way.down(project, 'M1')).losses).toEqual([
      'DELETE of v, which is no table: 0 unknown',
      'UPDATE of v, which is no table: 0 unknown',
    ])
  })

  test('a table is counted by the name that the plan gives it first', async () => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: { up: 'create table a (n int)', down: 'drop table a' },
      M3: { up: 'alter table a rename to b', down: 'alter table b rename to a' },
    })
    await way.up(project)
    await way.sql('insert into b values (1)')
    expect((await way.down(project, 'M1')).losses).toEqual(['b: 1 rows'])
    expect(await way.archived()).toEqual(['table a 1'])
  })
})

describe('what cannot be kept', () => {
  test('a copy above the limit is refused before anything ran, unless it may be lost', async () => {
    const project = await twoTables()
    await way.sql(
      `insert into a select n, n, repeat('x', 20) || n from generate_series(1, 1000) n; insert into b values (1)`,
    )
    const { code, message, next } = await refused(() =>
      way.down(project, 'M1', { archiveLimit: 10_000 }),
    )
    expect(code).toBe('NOT_KEPT')
    expect(next).toMatchObject([{ command: 'again', options: { lose: ['a.note'] } }])
    expect(message).toMatch(/a\.note: 0\.0 MB are to be copied/)
    await way.down(project, 'M1', { archiveLimit: 10_000, lose: ['a.note'] })
    expect(await way.archived()).toEqual(['table b 1'])
    expect(
      await way.sql(`select note, rows from migrator.history where event = 'discarded'`),
    ).toEqual([{ note: 'a.note', rows: '1000' }])
  })

  test('values of a table without a key are kept by the places of their rows', async () => {
    const project = await way.project({
      M1: { up: 'create table t (n int)', down: '' },
      M2: { up: 'alter table t add column m int', down: 'alter table t drop column m' },
    })
    await way.up(project)
    await way.sql('insert into t values (1, 2), (1, 3), (1, null)')
    await way.down(project, 'M1')
    await way.sql('insert into t values (1)')
    await way.up(project)
    expect(await way.sql('select m from t order by m')).toEqual(
      [2, 3, null, null].map((m) => ({ m })),
    )
  })
})

describe('what happened since', () => {
  test('is not overwritten: values and rows that were changed stay as they are, and in the archive', async () => {
    const project = await way.project({
      M1: { up: 'create table t (id int primary key, kind text)', down: '' },
      M2: {
        up: 'create table u (id int primary key)',
        down: `update t set kind = 'old' where kind = 'new'; delete from t where kind = 'gone'; drop table u`,
      },
    })
    await way.up(project)
    await way.sql(
      `insert into t values (1, 'new'), (2, 'new'), (3, 'gone'), (4, 'gone'), (5, 'new')`,
    )
    await way.down(project, 'M1')
    await way.sql(
      `update t set kind = 'mine' where id = 1; delete from t where id = 5; insert into t values (3, 'mine')`,
    )
    const { returned } = await way.up(project)
    expect(await way.sql('select * from t order by id')).toEqual([
      { id: 1, kind: 'mine' },
      { id: 2, kind: 'new' },
      { id: 3, kind: 'mine' },
      { id: 4, kind: 'gone' },
    ])
    expect(returned.map(({ object, restoredRows, note }) => [object, restoredRows, note])).toEqual([
      ['t', 1, '1 rows have keys that other rows have now'],
      ['t.kind', 1, '2 rows were changed or deleted since'],
    ])
    expect(await way.archived()).toEqual(['rows t 1', 'values t 2'])
    expect((await way.up(project)).returned).toEqual([])
  })

  test('an interrupted way up gives back what it has not given back yet', async () => {
    const project = await twoTables()
    await way.sql('insert into b values (1)')
    await way.down(project, 'M1')
    // As if the process had died behind the last commit of M2.
    await way.sql(`create table b (id int primary key); alter table a add column note text;
      insert into mikro_orm_migrations (name) values ('M2')`)
    await way.sql(`insert into migrator.history (run, event, migration, direction, final, checksum)
      select run, event, migration, direction, final, checksum from migrator.history where migration = 'M2' and final and direction = 'up'`)
    expect((await way.up(project)).returned).toMatchObject([{ object: 'b', restoredRows: 1 }])
    expect(await way.sql('select id from b')).toEqual([{ id: 1 }])
  })
})

describe('rows that the migration itself inserts', () => {
  test.each(
    briefly([
      ['with a key', 'id int primary key'],
      ['without a key', 'id int'],
    ]),
  )('are not there twice: %s', async (_, id) => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: {
        up: `create table t (${id}, n int); insert into t values (1, 1), (2, 1)`,
        down: 'drop table t',
      },
    })
    await way.up(project)
    await way.sql('update t set n = 2 where id = 1; insert into t values (3, 3)')
    await way.down(project, 'M1')
    await way.up(project)
    expect(await way.sql('select * from t order by id')).toEqual([
      { id: 1, n: 2 },
      { id: 2, n: 1 },
      { id: 3, n: 3 },
    ])
    expect(await way.archived()).toEqual([])
  })

  test('and no others, where the schema was dropped in between', async () => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: { up: 'create table t (id int); insert into t values (1)', down: 'drop table t' },
    })
    await way.up(project)
    await way.sql('insert into t values (2)')
    await way.down(project, 'M1')
    await way.sql('drop table mikro_orm_migrations')
    await way.up(project)
    expect(await way.sql('select id from t')).toEqual([{ id: 1 }])
    expect(await way.archived()).toEqual(['table t 2'])
  })
})

describe('the move', () => {
  test('is made where PostgreSQL would drop, and its refusal is its own', async () => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: { up: 'create table t (id int primary key)', down: 'drop table t' },
    })
    await way.up(project)
    await way.sql(`insert into t values (1); create view v as select * from t`)
    await expect(way.down(project, 'M1')).rejects.toThrow(
      /cannot drop table t because other objects depend on it/,
    )
    expect(await way.sql('select * from v')).toEqual([{ id: 1 }])
  })

  test('takes along what CASCADE takes, and nothing else', async () => {
    const project = await way.project({
      M1: { up: 'create table other (id int primary key)', down: '' },
      M2: { up: 'create table t (id int primary key, n int)', down: 'drop table t cascade' },
    })
    await way.up(project)
    await way.sql(`insert into t values (1, 2); insert into other values (1), (2);
      create view v as select * from t; create materialized view w as select * from v; create index on w (n);
      create function f(t) returns int language sql as 'select 1';
      alter table other add column ref int references t (id), add column whole t;
      update other set ref = 1, whole = row(7, 8)::t where id = 1;
      create policy p on other using (exists (select from t)); create rule r as on insert to other do also update t set n = 1`)
    const [before] = await way.sql(`select 't'::regclass::oid`)
    const { losses } = await way.down(project, 'M1')
    expect(losses).toEqual([
      'rows of the materialized view public.w: 0 unknown',
      'other.whole: 1 values',
      't: 1 rows',
    ])
    expect(
      await way.sql(`select (select count(*)::int from pg_views where schemaname = 'public') as views,
        to_regclass('w') as w, to_regproc('f') as f, (select count(*)::int from pg_policies) as policies,
        (select array_agg(column_name::text) from information_schema.columns where table_name = 'other') as columns`),
    ).toEqual([{ views: 0, w: null, f: null, policies: 0, columns: ['id', 'ref'] }])
    expect(await way.archived()).toEqual(['table t 1', 'values other 2'])
    expect(await way.sql(ARCHIVED_TABLE)).toEqual([before])
  })

  test('becomes a copy where a table is bound to something that cannot be taken off it', async () => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: { up: 'create table t (id int primary key)', down: 'drop table t cascade' },
    })
    await way.up(project)
    await way.sql('insert into t values (1); create type wrapped as (n int, row t)')
    const [before] = await way.sql(`select 't'::regclass::oid`)
    await way.down(project, 'M1')
    expect(await way.archived()).toEqual(['table t 1'])
    expect(await way.sql(ARCHIVED_TABLE)).not.toEqual([before])
    expect(await way.sql('select row(1)::wrapped')).toEqual([{ row: '(1)' }])
    await way.up(project)
    expect(await way.sql('select * from t')).toEqual([{ id: 1 }])
  })

  test('leaves every name free, again and again', async () => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: {
        up: 'create table t (id serial primary key, n int unique); create index t_n on t (n)',
        down: 'drop table t',
      },
    })
    for (const n of [1, 2]) {
      await way.up(project)
      await way.sql(`insert into t (n) values (${n})`)
      await way.down(project, 'M1')
    }
    await way.up(project)
    expect(await way.sql('select id, n from t order by 1')).toEqual([
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ])
  })

  test('hides the archive from every other role', async () => {
    const project = await way.project({
      M1: { up: '', down: '' },
      M2: { up: 'create table t (id int)', down: 'drop table t' },
    })
    await way.up(project)
    await way.sql(
      `insert into t values (1); grant all on t to public; grant select (id) on t to pg_monitor`,
    )
    await way.down(project, 'M1')
    expect(
      await way.sql(`select has_schema_privilege('pg_monitor', 'migrator_archive', 'usage') as schema,
        (select bool_or(has_table_privilege('pg_monitor', c.oid, 'select') or has_any_column_privilege('pg_monitor', c.oid, 'select'))
           from pg_class c where relnamespace = 'migrator_archive'::regnamespace and relkind = 'r') as tables`),
    ).toEqual([{ schema: false, tables: false }])
  })
})

const ARCHIVED_TABLE = `select relations[1]::regclass::oid as oid from migrator_archive.entries,
  set_config('search_path', 'migrator_archive', false) where kind = 'table'`

describe('what a way back restores, and takes again', () => {
  const W: Readonly<Record<string, { M2: [string, string]; M3: [string, string]; write: string }>> =
    {
      'a column': {
        M2: ['alter table t add w text', 'alter table t drop w'],
        M3: ['alter table t drop w', 'alter table t add w text'],
        write: `update t set w = 'w'`,
      },
      'a table': {
        M2: ['create table u (id int primary key)', 'drop table u'],
        M3: ['drop table u', 'create table u (id int primary key)'],
        write: 'insert into u values (1), (2)',
      },
      'the rows of a table': {
        M2: ['create table u (id int primary key)', 'drop table u'],
        M3: ['delete from u', 'select 1'],
        write: 'insert into u values (1), (2)',
      },
    }

  test.each(briefly(Object.entries(W)))(
    'is no loss beyond what was confirmed: %s',
    async (_, one) => {
      const [M2, M3] = [one.M2, one.M3].map(([up, down]) => ({ up, down, keepRows: 2 ** 20 }))
      const project = await way.project({
        M1: { up: `create table t (id int primary key); insert into t values (1), (2)`, down: '' },
        ...(M2 && M3 && { M2, M3 }),
      })
      await way.keepForGood()
      await way.up(project, 'M2')
      await way.sql(one.write)
      await way.up(project)
      const before = await way.archived()
      await way.down(project, 'M1', { yes: true })
      expect((await way.archived()).map((entry) => entry.split(' ').at(-1))).toEqual(
        before.map((entry) => entry.split(' ').at(-1)),
      )
      await way.up(project, 'M2')
      const found = one.write.startsWith('update') ? `select w from t` : 'select id from u'
      expect(await way.sql(found)).toHaveLength(2)
    },
  )

  test('but what somebody has written since the question is', async () => {
    const project = await way.project({
      M1: { up: 'create table t (id int primary key)', down: '' },
      M2: { up: 'alter table t add w text', down: 'alter table t drop w' },
      M3: { up: 'alter table t drop w', down: 'alter table t add w text', keepRows: 2 ** 20 },
    })
    await way.keepForGood()
    await way.up(project, 'M2')
    await way.sql(`insert into t values (1, 'w')`)
    await way.up(project)
    const ended = way.down(project, 'M1', {
      yes: true,
      beforeEach: async (name) => {
        if (name === 'M2') await way.sql(`insert into t values (2, 'x')`)
      },
    })
    await expect(ended).rejects.toMatchObject({ code: 'LOSSES_EXCEEDED', exit: 3 })
  })
})

describe('rows that refer to rows which the same migration takes', () => {
  const T = `create table t (id int primary key, v text); insert into t values (1, 'a')`
  const DOWNS: Readonly<Record<string, { up: string; down: string }>> = {
    'a table that is made with its key': {
      up: 'create table y (id int primary key, t_id int references t)',
      down: `drop table y; delete from t where v = 'del'`,
    },
    'a table whose key comes later': {
      up: 'create table y (id int primary key, t_id int); alter table y add foreign key (t_id) references t',
      down: `drop table y; delete from t where v = 'del'`,
    },
    'in two segments': {
      up: 'create table y (id int primary key, t_id int references t); reindex table concurrently t; select 1',
      down: `drop table y; delete from t where v = 'del'`,
    },
    'a chain of tables': {
      up: `create table y (id int primary key, t_id int references t); create table z (id int primary key, y_id int references y);
           create index on z (y_id)`,
      down: `drop table z, y; delete from t where v = 'del'`,
    },
  }

  test.each(briefly(Object.entries(DOWNS)))(
    'come back behind them: %s',
    async (what, migration) => {
      await way.sql(T)
      const project = await way.project({ M1: { up: 'select 1', down: '' }, M2: migration })
      await way.up(project)
      await way.sql(`insert into t values (3, 'del'); insert into y values (1, 1), (3, 3)`)
      if (what === 'a chain of tables') await way.sql('insert into z values (1, 1), (3, 3)')
      await way.down(project, 'M1')
      await way.up(project)
      expect(await way.archived()).toEqual([])
      expect(await way.sql('select y.id, t_id, v from y join t on t.id = t_id order by 1')).toEqual(
        [
          { id: 1, t_id: 1, v: 'a' },
          { id: 3, t_id: 3, v: 'del' },
        ],
      )
    },
  )
})

describe('what had no place', () => {
  const PLACES: Readonly<
    Record<string, { given: string; as: [string, string]; edited: [string, string]; asked: string }>
  > = {
    'a column': {
      given: 'create table t (id int primary key)',
      as: ['alter table t add language text', 'alter table t drop language'],
      edited: ['alter table t add lang text', 'alter table t drop lang'],
      asked: `select language as v from t`,
    },
    'a table': {
      given: 'create table t (id int primary key)',
      as: ['create table n (id int primary key, language text)', 'drop table n'],
      edited: ['create table m (id int primary key, language text)', 'drop table m'],
      asked: 'select language as v from n',
    },
  }

  test.each(briefly(Object.entries(PLACES)))(
    'is restored once it has one: %s',
    async (what, one) => {
      const M1 = { up: one.given, down: '' }
      const projectOf = ([up, down]: [string, string]) => way.project({ M1, M2: { up, down } })
      const project = await projectOf(one.as)
      await way.up(project)
      await way.sql(
        what === 'a column' ? `insert into t values (1, 'de')` : `insert into n values (1, 'de')`,
      )
      await way.down(project, 'M1')
      const edited = await projectOf(one.edited)
      await way.up(edited)
      expect(await way.archived()).toHaveLength(1)
      await way.down(edited, 'M1')
      await way.up(project)
      expect(await way.sql(one.asked)).toEqual([{ v: 'de' }])
      expect(await way.archived()).toEqual([])
    },
  )
})
