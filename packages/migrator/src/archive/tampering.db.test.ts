import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** Whatever a migration does in the schema of the archive: what the archive has stays there, or the segment is rolled back. */

const way = useWayBack()

const TAMPERING: Readonly<Record<string, string>> = {
  'drops the schema': 'drop schema migrator_archive cascade',
  'drops the schema by its name in a variable': `do $$ begin execute format('drop schema %I cascade', 'migrator_archive'); end $$`,
  'renames the schema': 'alter schema migrator_archive rename to other',
  'drops the table of the entries': 'drop table migrator_archive.entries cascade',
  'deletes the entries': 'delete from migrator_archive.entries',
  'deletes the entries in a function': 'do $$ begin delete from migrator_archive.entries; end $$',
  'drops what an entry has': `do $$ declare one text; begin for one in select unnest(relations) from migrator_archive.entries loop execute 'drop table migrator_archive.' || one; end loop; end $$`,
}

const W = 'alter table t drop w'

const PLACES: Readonly<Record<string, (sql: string) => { up: string; down: string }>> = {
  'after its own loss': (sql) => ({ up: '', down: `${W}; ${sql}` }),
  'before its own loss': (sql) => ({ up: '', down: `${sql}; ${W}` }),
  'without a loss of its own': (sql) => ({ up: '', down: sql }),
  'on the way up': (sql) => ({ up: sql, down: W }),
}

const CASES = inTurn(
  Object.keys(TAMPERING).flatMap((what) => Object.keys(PLACES).map((place) => [what, place])),
)

test.each(CASES)('%s, %s', async (what, place) => {
  const sql = TAMPERING[what ?? ''] ?? ''
  const migration = PLACES[place ?? '']?.(sql) ?? { up: '', down: '' }
  const isUp = migration.up !== ''
  const project = await way.project({
    M1: { up: '', down: '' },
    M2: isUp ? { up: '', down: 'alter table t drop v' } : migration,
    M3: isUp ? migration : { up: '', down: 'alter table t drop v' },
  })
  await way.up(project, isUp ? 'M2' : 'head')
  await way.sql(
    `create table t (id int primary key, v text, w text); insert into t values (1, 'v', 'w')`,
  )
  await way.down(project, isUp ? 'M1' : 'M2')
  const before = await way.archived()
  expect(before).toEqual(['values t 1'])
  const ended = isUp ? way.up(project) : way.down(project, 'M1')
  await expect(ended).rejects.toMatchObject({ code: 'BOOKKEEPING_DROPPED', exit: 3 })
  expect(await way.archived()).toEqual(before)
  expect(await way.sql('select w from t')).toEqual([{ w: 'w' }])
})

test('code that drops the schema', async () => {
  const project = await way.project({
    M1: { up: '', down: 'alter table t drop v' },
    M2: {
      up: async (session) => void (await session.query('drop schema migrator_archive cascade')),
    },
  })
  await way.up(project, 'M1')
  await way.sql(`create table t (id int primary key, v text); insert into t values (1, 'v')`)
  await way.down(project, 'base')
  // Nobody makes room for the values: they stay.
  const ended = way.up(project, 'head', { drift: 'ignore' })
  await expect(ended).rejects.toMatchObject({ code: 'BOOKKEEPING_DROPPED', exit: 3 })
  expect(await way.archived()).toEqual(['values t 1'])
})

test('an author who asks for what is not there hears of that', async () => {
  const project = await way.project({
    M1: { up: 'create table t (id int)', down: 'drop table t; drop table migrator_archive.none' },
  })
  await way.up(project)
  await expect(way.down(project, 'base')).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
})
