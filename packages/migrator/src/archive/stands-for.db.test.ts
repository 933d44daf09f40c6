import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

// A migration that stands for another one restores what that one has lost, as that one itself would.

const itself = useWayBack()
const squash = useWayBack()

interface Seeding {
  readonly given: string
  readonly up: readonly string[]
  readonly down: string
  /** What a user does while the migration is applied. */
  readonly work: string
  /** What a user does after it was reverted. */
  readonly newer: string
  readonly read: string
}

const SEEDED = {
  up: [`insert into t values (11, 's11'), (12, 's12')`],
  down: 'delete from t',
  work: `update t set v = 'edited' where id = 11; insert into t values (13, 'mine')`,
  newer: `insert into t values (13, 'NEW'), (30, 'NEW30')`,
  read: `select concat_ws(' ', id, v) as row from t order by 1`,
}

const L = `create table l (id int primary key, v text); create table c (id int primary key, l int); insert into c values (1), (2)`

const REFERRING = {
  given: L,
  up: [
    `insert into l values (1, 'one'), (2, 'two')`,
    'alter table c add r int references l on delete set null',
  ],
  down: 'alter table c drop r; delete from l',
  work: 'update c set r = id',
  newer: `insert into l values (3, 'NEW')`,
  read: `select concat_ws(' ', c.id, c.r, l.v) as row from c left join l on l.id = c.r order by 1`,
}

const SEEDINGS: Readonly<Record<string, Seeding>> = {
  'with a key': { ...SEEDED, given: 'create table t (id int primary key, v text)' },
  'without a key': { ...SEEDED, given: 'create table t (id int, v text)' },
  'rows that are deleted in part': {
    ...SEEDED,
    given: 'create table t (id int, v text)',
    down: 'delete from t where id > 11',
  },
  'a row that a user has deleted': {
    ...SEEDED,
    given: 'create table t (id int primary key, v text)',
    work: 'delete from t where id = 12',
  },
  'a table of its own': {
    ...SEEDED,
    given: 'select 1',
    up: ['create table t (id int primary key, v text)', ...SEEDED.up],
    down: 'drop table t',
    newer: 'select 1',
  },
  'values that it sets': {
    given: `create table t (id int primary key, v text, w text); insert into t values (1, 'a', 'w1'), (2, 'b', 'w2')`,
    up: ['update t set v = w', 'alter table t add n text'],
    down: `alter table t drop n; update t set v = 'x'`,
    work: `update t set v = 'mine', n = 'mine'`,
    newer: `update t set w = 'NEW' where id = 1`,
    read: `select concat_ws(' ', id, v, w, n) as row from t order by 1`,
  },
  'references to what it adds': REFERRING,
  'references to what it adds, and users empty': {
    ...REFERRING,
    down: 'alter table c drop r; truncate l cascade',
    work: 'update c set r = id; delete from l where id = 2',
  },
}

const CASES = Object.keys(SEEDINGS).flatMap((name) =>
  ['one segment', 'two segments'].flatMap((segments) =>
    ['nobody writes', 'newer rows'].map((newer) => ({ name, segments, newer })),
  ),
)

test.each(inTurn(CASES))(
  'a migration that stands for another one restores as that one does: $name, $segments, $newer',
  async ({ name, segments, newer }) => {
    const seeding = SEEDINGS[name] ?? { ...SEEDED, given: '' }
    const index = segments === 'two segments' ? 'index concurrently' : 'index'
    const up = seeding.up.toSpliced(1, 0, `create ${index} o on other (n)`).join('; ')
    const migration = { up, down: `drop index o; ${seeding.down}` }
    const first = { M1: { up: 'select 1', down: '' } }
    const play = async (way: typeof itself, later: Parameters<typeof way.project>[0]) => {
      await way.sql(`create table other (n int); ${seeding.given}`)
      const project = await way.project({ ...first, M2: migration })
      await way.up(project)
      await way.sql(seeding.work)
      await way.down(project, 'M1')
      if (newer === 'newer rows') await way.sql(seeding.newer)
      const { returned } = await way.up(await way.project({ ...first, ...later }))
      const notes = returned.map(({ object, restoredRows, note }) => [object, restoredRows, note])
      return { rows: await way.sql(seeding.read), archived: await way.archived(), notes }
    }
    const expected = await play(itself, { M2: migration })
    const found = await play(squash, { S2: { ...migration, replaces: ['M2'] } })
    expect(found).toEqual(expected)
  },
)

const SEEDS = `insert into t values (11, 's11'), (12, 's12')`

/** What two migrations lost, one after the other, with rows that a user has written between. */
const PAIRS = [
  {
    key: 'with a key',
    columns: '(id int primary key, v text)',
    doubled: [],
    between: "(14, 'between')",
    again: [],
  },
  // Nothing tells a row that a user has edited from one that is inserted again.
  {
    key: 'without a key',
    columns: '(id int, v text)',
    doubled: ['11 s11', '12 s12'],
    between: "(13, 'mine'), (14, 'between')",
    again: ['13 mine'],
  },
]

test.each(briefly(PAIRS))(
  'a migration that stands for two loses nothing of what both have lost: $key',
  async ({ columns, doubled, between, again }) => {
    const M2 = { up: `create table t ${columns}`, down: 'drop table t' }
    const M3 = { up: SEEDS, down: 'delete from t' }
    const first = { M1: { up: 'select 1', down: '' } }
    const project = await squash.project({ ...first, M2, M3 })
    await squash.up(project)
    await squash.sql(`update t set v = 'edited' where id = 11; insert into t values (13, 'mine')`)
    await squash.down(project, 'M2')
    await squash.sql(`insert into t values ${between}`)
    await squash.down(project, 'M1')
    const S = { up: `${M2.up}; ${M3.up}`, down: `${M3.down}; ${M2.down}` }
    const both = { ...first, S: { ...S, replaces: ['M2', 'M3'] } }
    await squash.up(await squash.project(both))
    const rows = await squash.sql(SEEDED.read)
    const found = rows.map(({ row }) => row)
    const all = ['11 edited', '12 s12', '13 mine', '14 between', ...again]
    expect(found).toEqual([...all, ...doubled].toSorted())
    expect(await squash.archived()).toEqual([])
  },
)
