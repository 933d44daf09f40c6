import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** What a migration archives is found again behind whatever the next ones do to its rows, in the same run or in another. */

const way = useWayBack()

const GIVEN = `create table t (id int primary key, a text, b text, k text);
  insert into t values (1, 'a', 'b', 'k'), (2, 'aa', 'bb', null), (3, null, 'bbb', 'kkk')`

const TAKES: Readonly<Record<string, { readonly up: string; readonly down: string }>> = {
  'drops a column': { up: 'alter table t drop a', down: 'alter table t add a text' },
  'converts a column': {
    up: 'alter table t alter a type int using length(a)',
    down: 'alter table t alter a type text',
  },
  'drops a column by DO': {
    up: 'do $$ begin alter table t drop a; end $$',
    down: 'alter table t add a text',
  },
}

const THEN: Readonly<Record<string, { readonly up: string; readonly down: string }>> = {
  'an UPDATE': { up: 'update t set b = upper(b)', down: 'update t set b = lower(b)' },
  'a rewrite': {
    up: 'alter table t alter b type varchar(100)',
    down: 'alter table t alter b type text',
  },
  'another type of the key': {
    up: 'alter table t alter id type bigint',
    down: 'alter table t alter id type int',
  },
  'a default by row': {
    up: 'alter table t add z timestamptz default clock_timestamp()',
    down: 'alter table t drop z',
  },
  'SET UNLOGGED': { up: 'alter table t set unlogged', down: 'alter table t set logged' },
  'another loss': { up: 'alter table t drop k', down: 'alter table t add k text' },
  'another conversion': {
    up: 'alter table t alter k type int using length(k)',
    down: 'alter table t alter k type text',
  },
  'a rename': { up: 'alter table t rename to tt', down: 'alter table tt rename to t' },
}

const RUNS = ['up in one run', 'up in two runs', 'down in two runs'] as const

const CASES = inTurn(
  Object.keys(TAKES).flatMap((first) =>
    Object.keys(THEN).flatMap((then) => RUNS.map((runs) => [first, then, runs] as const)),
  ),
)

test.each(briefly(CASES))('%s, then %s: %s', async (first, then, runs) => {
  await way.sql(GIVEN)
  const rows = () => way.sql('select id, a, b, k from t order by id')
  const before = await rows()
  const nothing = { up: '', down: '' }
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: TAKES[first] ?? nothing,
    M3: THEN[then] ?? nothing,
  })
  await way.up(project, runs === 'up in two runs' ? 'M2' : 'head')
  await way.up(project)
  if (runs === 'down in two runs') await way.down(project, 'M2')
  await way.down(project, 'M1')
  expect(await rows()).toEqual(before)
  const left = `select "table", note from migrator_archive.entries where facts->>'direction' = 'up'`
  expect(await way.sql(left)).toEqual([])
})
