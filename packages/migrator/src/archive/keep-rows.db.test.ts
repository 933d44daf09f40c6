import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { openSession } from '../testing/sessions.ts'
import { useWayBack } from '../testing/way-back.ts'
import { databaseTarget } from '../session/database-target.ts'
import type { RunEvent } from '../events.ts'
import { run } from '../run/index.ts'
import type { RunRequest } from '../run/request.ts'
import type { Project } from '../project/project.ts'
import { preview } from '../inspect/preview.ts'

const way = useWayBack()

const rows = () => way.sql('select id, v, n from t order by id, v')

/** What `up` changes of rows, in every way in which it may. */
const CHANGES = {
  UPDATE: `update t set v = upper(v), n = n + 1 where id < 4`,
  'UPDATE of a key': `update t set id = id + 100`,
  DELETE: `delete from t where id > 2`,
  TRUNCATE: `truncate t`,
  'UPDATE, then DROP COLUMN': `update t set v = 'gone'; alter table t drop column n`,
  'DELETE and INSERT': `delete from t where id = 1; insert into t values (1, 'again', 0)`,
  'a function': `do $$ begin update t set v = null; delete from t where id = 2; end $$`,
  'a foreign key': `delete from parent`,
}

const GIVEN = `create table parent (id int primary key); insert into parent values (1), (2);
  create table t (id int, v text, n int, parent int references parent (id) on delete set null);
  insert into t values (1, 'a', 1, 1), (2, 'b', null, 2), (3, null, 3, null), (3, null, 3, null), (4, 'd', 4, 1)`

for (const [what, up] of inTurn(Object.entries(CHANGES))) {
  test(`keepRows: what ${what} of the way up takes, down restores`, async () => {
    await way.sql(GIVEN)
    if (what === 'UPDATE of a key')
      await way.sql('delete from t where id = 3; alter table t add primary key (id)')
    const down = up.includes('drop column') ? 'alter table t add column n int' : 'select 1'
    const project = await way.project({ M1: { up, down, keepRows: 1024 ** 2 } })
    const before = await way.sql('select to_jsonb(t) as row from t order by 1')
    await way.up(project)
    expect(await way.sql('select to_jsonb(t) as row from t order by 1')).not.toEqual(before)
    await way.down(project, 'base')
    // What `up` has inserted itself, nobody has said to take back.
    const made = what === 'DELETE and INSERT' ? `where v is distinct from 'again'` : ''
    expect(await way.sql(`select to_jsonb(t) as row from t ${made} order by 1`)).toEqual(before)
    expect(await way.archived()).toEqual([])
  })
}

test('without keepRows they are as the author wants them, and the plan says which is which', async () => {
  await way.sql(GIVEN)
  const up = `update t set v = 'x'; delete from t where id = 4; alter table t drop column n`
  const kept = async (keepRows?: number) => {
    const project = await way.project({ M1: { up, down: '', ...(keepRows && { keepRows }) } })
    const { facts } = await preview(project, databaseTarget(way.url()), {
      direction: 'up',
      target: 'head',
    })
    return facts?.losses?.map(({ object, isKept }) => `${object} ${isKept}`)
  }
  expect(await kept()).toEqual(['t.v false', 't false', 't.n true'])
  expect(await kept(1024)).toEqual(['t.v true', 't true', 't.n true'])
  const project = await way.project({ M1: { up, down: 'alter table t add column n int' } })
  await way.up(project)
  expect(await way.archived()).toEqual(['values t 4'])
  await way.down(project, 'base')
  expect(await rows()).toEqual([
    { id: 1, v: 'x', n: 1 },
    { id: 2, v: 'x', n: null },
    { id: 3, v: 'x', n: 3 },
    { id: 3, v: 'x', n: 3 },
  ])
})

test('the plan shows the lock under which what keeps rows goes, on every table that it reaches', async () => {
  await way.sql(
    `${GIVEN}; create table part (n int) partition by range (n); create table part_1 partition of part default`,
  )
  const locksOf = async (keepRows?: number) => {
    const up = `update parent set id = id; delete from part_1`
    const project = await way.project({ M1: { up, down: '', ...(keepRows && { keepRows }) } })
    const { facts } = await preview(project, databaseTarget(way.url()), {
      direction: 'up',
      target: 'head',
    })
    const locks = facts?.segments.flatMap((segment) => segment.locks) ?? []
    return locks.map(({ relation, mode }) => `${relation} ${mode}`).toSorted()
  }
  expect(await locksOf()).toEqual(
    expect.arrayContaining(['parent ROW EXCLUSIVE', 'part_1 ROW EXCLUSIVE']),
  )
  expect(await locksOf(1024)).toEqual(
    ['parent', 'part', 'part_1', 't'].map((table) => `${table} ACCESS EXCLUSIVE`),
  )
})

test('the plan of a way back shows the locks under which the archive keeps and restores rows', async () => {
  await way.sql(GIVEN)
  const project = await way.project({
    M1: {
      up: 'delete from t where id > 2',
      down: 'update parent set id = id',
      keepRows: 1024 ** 2,
    },
  })
  await way.up(project)
  const request = { direction: 'down', target: 'base' } as const
  const { facts } = await preview(project, databaseTarget(way.url()), request)
  const locks = facts?.segments.flatMap((segment) => segment.locks) ?? []
  expect(locks.map(({ relation, mode }) => `${relation} ${mode}`)).toEqual([
    'parent ACCESS EXCLUSIVE',
    't ACCESS EXCLUSIVE',
  ])
  await way.down(project, 'base')
  const none = await way.project({
    M1: { up: 'delete from t where id > 2', down: 'select 1', keepRows: 1024 ** 2 },
  })
  await way.up(none)
  const { facts: restoring } = await preview(none, databaseTarget(way.url()), request)
  expect(restoring?.segments.flatMap((segment) => segment.locks)).toMatchObject([
    { relation: 't', mode: 'SHARE ROW EXCLUSIVE' },
  ])
})

test('VALIDATE CONSTRAINT lets others write a table of which rows were kept before', async () => {
  await way.sql(GIVEN)
  const up = `update t set n = 0 where n is null; alter table t add constraint t_n check (n >= 0) not valid;
    alter table t validate constraint t_n`
  const project = await way.project({
    M1: { up, down: 'alter table t drop constraint t_n', keepRows: 1024 ** 2 },
  })
  const modes: string[] = []
  const witness = {
    before: async () => {},
    after: async (
      _: unknown,
      client: { query(sql: string): Promise<{ rows: { mode: string }[] }> },
    ) => {
      const { rows: held } = await client.query(
        `select mode from pg_locks where relation = 'public.t'::regclass and pid = pg_backend_pid() and granted order by 1`,
      )
      modes.push(held.map(({ mode }) => mode).join())
    },
  }
  await run(project, databaseTarget(way.url()), {
    direction: 'up',
    target: 'head',
    yes: true,
    witness,
  })
  expect(modes.at(-1)).toContain('ShareUpdateExclusiveLock')
  expect(modes.at(-1)).not.toMatch(/ShareRowExclusive|AccessExclusive/)
  await way.down(project, 'base')
  expect(await rows()).toContainEqual({ id: 2, v: 'b', n: null })
})

test('above the limit of the migration nothing is changed', async () => {
  await way.sql(
    `create table t (id int primary key, v text, n int); insert into t select i, repeat('x', 100) from generate_series(1, 1000) i`,
  )
  const before = await rows()
  for (const up of ['delete from t', `update t set v = 'x'`]) {
    const project = await way.project({ M1: { up, down: '', keepRows: 10_000 } })
    await expect(way.up(project)).rejects.toMatchObject({
      code: 'KEEP_EXCEEDED',
      exit: 3,
      message: expect.stringMatching(
        /^M1 says that what it takes of t(\.v)? is kept, and .* the limit is 0\.0 MB/,
      ),
    })
    expect(await rows()).toEqual(before)
  }
})

test('a way back asks without counting where another session has locked the table, and waits for nobody', async () => {
  const project = await way.project({
    M1: { up: 'create table t (id int)', down: 'drop table t' },
  })
  await way.up(project)
  await way.sql('insert into t values (1)')
  await way.keepForGood()
  const other = await openSession(way.url(), 'other', 'begin; lock table t')
  await expect(way.down(project, 'base')).rejects.toMatchObject({
    code: 'LOSSES_UNCONFIRMED',
    message: expect.stringMatching(/another session has locked a table of it: cannot be counted/),
  })
  await other.end()
  await way.down(project, 'base', { yes: true })
  expect(await way.archived()).toEqual(['table t 1'])
})

test('an error says what the archive keeps of the migrations before', async () => {
  const project = await way.project({
    M1: { up: 'select 1', down: 'select 1 / 0' },
    M2: { up: 'create table t (id int)', down: 'drop table t' },
  })
  await way.up(project)
  await way.sql('insert into t values (1)')
  const events = await eventsOf(project, { direction: 'down', target: 'base', yes: true })
  expect(events.filter(({ type }) => type === 'kept-so-far')).toEqual([
    { type: 'kept-so-far', kept: [{ migration: 'M2', object: 't', rows: 1 }] },
  ])
})

/** Of a run that fails. */
async function eventsOf(project: Project, request: RunRequest): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  const database = databaseTarget(way.url(), { onEvent: (event) => events.push(event) })
  await expect(run(project, database, request)).rejects.toMatchObject({ exit: 1 })
  return events
}
