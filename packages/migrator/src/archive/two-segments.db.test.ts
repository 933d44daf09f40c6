import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

interface Seeding {
  readonly given: string
  /** What `up` writes before a statement that may cut it in two. */
  readonly writes: string
  readonly down: string
  readonly work: string
  /** After down and up. */
  readonly rows: readonly string[]
}

const SEED = `insert into t values (1, 'seed'), (2, 'seed')`
const EDIT = `update t set v = 'edited' where id = 1; insert into t values (3, 'user')`
const EDITED = ['1 edited', '2 seed', '3 user']
const KEYED = { given: 'create table t (id int primary key, v text)', work: EDIT, rows: EDITED }
const KEYLESS = { ...KEYED, given: 'create table t (id int, v text)' }
const UNDO = 'delete from t'

/** Rows that a migration adds itself, in the ways in which they can be written. */
const SEEDINGS: Readonly<Record<string, Seeding>> = {
  insert: { ...KEYED, writes: SEED, down: UNDO },
  'insert, without a key': { ...KEYLESS, writes: SEED, down: UNDO },
  DO: { ...KEYED, writes: `do $$ begin ${SEED}; end $$`, down: UNDO },
  'DO with EXCEPTION': {
    ...KEYED,
    writes: `do $$ begin begin ${SEED}; exception when others then null; end; end $$`,
    down: UNDO,
  },
  'DO with EXCEPTION, without a key': {
    ...KEYLESS,
    writes: `do $$ begin begin ${SEED}; exception when others then null; end; end $$`,
    down: UNDO,
  },
  'in a savepoint': {
    ...KEYED,
    writes: `savepoint s; ${SEED}; release savepoint s`,
    down: UNDO,
  },
  'two inserts': {
    ...KEYED,
    writes: `insert into t values (1, 'seed'); insert into t values (2, 'seed')`,
    down: UNDO,
  },
  truncate: { ...KEYED, writes: SEED, down: 'truncate t' },
  'a table of its own': {
    ...KEYED,
    given: 'select 1',
    writes: `create table t (id int primary key, v text); ${SEED}`,
    down: 'drop table t',
  },
  'a table of its own, without a key': {
    ...KEYED,
    given: 'select 1',
    writes: `create table t (id int, v text); ${SEED}`,
    down: 'drop table t',
  },
}

const CASES = Object.keys(SEEDINGS).flatMap((name) =>
  ['one segment', 'two segments'].map((segments) => ({ name, segments })),
)

test.each(inTurn(CASES))(
  'what a migration adds itself gives way to what the archive has of it: $name, $segments',
  async ({ name, segments }) => {
    const { given = '', writes, down, work = '', rows } = SEEDINGS[name] ?? {}
    await way.sql(`${given}; create table other (n int)`)
    const index = segments === 'two segments' ? 'index concurrently' : 'index'
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: { up: `${writes}; create ${index} o on other (n)`, down: `drop index o; ${down}` },
    })
    await way.up(project)
    await way.sql(work)
    await way.down(project, 'M1')
    expect(await way.sql(`select to_regclass('o') as o`)).toEqual([{ o: null }])
    const { returned } = await way.up(project)
    expect(returned.filter(({ note }) => note !== undefined)).toEqual([])
    const now = await way.sql(`select concat_ws(' ', id, v) as row from t order by 1`)
    expect(now.map(({ row }) => row)).toEqual(rows)
  },
)
