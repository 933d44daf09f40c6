import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** Whatever a migration does in the schema of the archive: what the archive has stays there, or the segment is rolled back. */

const way = useWayBack()

/** Of every entry: what a statement does to the first relation that it has. */
const each = (sql: string) =>
  `do $$ declare one text; begin for one in select unnest(relations) from migrator_archive.entries loop execute format('${sql}', one); end loop; end $$`

const TAMPERING: Readonly<Record<string, string>> = {
  'makes another table in the place of one': each(
    'drop table migrator_archive.%1$I; create table migrator_archive.%1$I ()',
  ),
  'fills another table in the place of one': each(
    'create table migrator_archive.x as table migrator_archive.%1$I; drop table migrator_archive.%1$I; alter table migrator_archive.x rename to %1$I',
  ),
  'drops a column': each('alter table migrator_archive.%I drop column old1'),
  'renames a column': each('alter table migrator_archive.%I rename old1 to old2'),
  'converts a column': each(`alter table migrator_archive.%I alter old1 type varchar(1)`),
  'empties it': each('truncate migrator_archive.%I'),
  'deletes rows': each('delete from migrator_archive.%I'),
  'deletes rows while nobody counts': `set track_counts = off; ${each('delete from migrator_archive.%I')}`,
  'overwrites values': each(`update migrator_archive.%I set old1 = null`),
  'overwrites values while nobody counts': `set track_counts = off; ${each('update migrator_archive.%I set old1 = null')}`,
  'overwrites values in a deferred trigger': `create function tamper() returns trigger language plpgsql as $f$ begin ${each('update migrator_archive.%I set old1 = null')}; return null; end $f$;
    create table other (id int); create constraint trigger tamper after insert on other deferrable initially deferred for each row execute function tamper();
    insert into other values (1)`,
  'adds rows': each('insert into migrator_archive.%1$I select * from migrator_archive.%1$I'),
  'puts a trigger on it': `create function nothing() returns trigger language plpgsql as 'begin return null; end';
    ${each('create trigger t before insert or update or delete on migrator_archive.%I for each row execute function nothing()')}`,
  'puts a rule on the entries':
    'create rule r as on delete to migrator_archive.entries do instead nothing',
  'says that entries have nothing': `update migrator_archive.entries set relations = '{}'`,
  'says that entries are of another migration': `update migrator_archive.entries set migration = 'other'`,
  'says that entries wait for nothing': `update migrator_archive.entries set note = 'x'`,
  'says that entries are copies': `update migrator_archive.entries set facts = facts || '{"prepared": {}}'`,
  'drops the schema': 'drop schema migrator_archive cascade',
  'drops the schema by its name in a variable': `do $$ begin execute format('drop schema %I cascade', 'migrator_archive'); end $$`,
  'renames the schema': 'alter schema migrator_archive rename to other',
  'drops the table of the entries': 'drop table migrator_archive.entries cascade',
  'deletes the entries': 'delete from migrator_archive.entries',
  'deletes the entries in a function': 'do $$ begin delete from migrator_archive.entries; end $$',
  'drops what an entry has': `do $$ declare one text; begin for one in select unnest(relations) from migrator_archive.entries loop execute 'drop table migrator_archive.' || one; end loop; end $$`,
}

/** What the entries have, of which migration. */
const HELD = `select migration, query_to_xml(format('select key1, old1 from migrator_archive.%I', relations[1]), true, false, '')::text as rows
  from migrator_archive.entries order by id`

const W = 'alter table t drop w'

const PLACES: Readonly<Record<string, (sql: string) => { up: string; down: string }>> = {
  'after its own loss': (sql) => ({ up: '', down: `${W}; ${sql}` }),
  'before its own loss': (sql) => ({ up: '', down: `${sql}; ${W}` }),
  'without a loss of its own': (sql) => ({ up: '', down: sql }),
  'on the way up': (sql) => ({ up: sql, down: W }),
  // Nothing of the archive waits for a migration: a person has yet to decide.
  'where nothing waits': (sql) => ({ up: sql, down: W }),
}

const CASES = inTurn(
  Object.keys(TAMPERING).flatMap((what) => Object.keys(PLACES).map((place) => [what, place])),
)

test.each(briefly(CASES))('%s, %s', async (what, place) => {
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
  if (place === 'where nothing waits') {
    await way.sql(`update migrator_archive.entries set note = 'it was refused'`)
  }
  const before = await way.archived()
  expect(before).toEqual(['values t 1'])
  const held = await way.sql(HELD)
  const ended = isUp ? way.up(project) : way.down(project, 'M1')
  await expect(ended).rejects.toMatchObject({ code: 'BOOKKEEPING_DROPPED', exit: 3 })
  expect(await way.archived()).toEqual(before)
  expect(await way.sql(HELD)).toEqual(held)
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
  const ended = way.up(project)
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
