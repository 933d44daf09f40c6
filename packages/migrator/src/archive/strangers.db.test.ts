import { inTurn, briefly } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { useWayBack } from '../testing/way-back.ts'
import { restoreFromArchive } from './manage.ts'

/*
 * A role that may create in public, and that nobody trusts. What its code runs as is written into a file of the
 * server, one line for each call: no rollback removes that.
 */

const way = useWayBack()
let mallory: TestRole

const asMallory = (sql: string) => query(mallory.url, sql)

/** Who ran the stranger's code, other than the stranger itself. */
async function runAs(): Promise<string[]> {
  const rows = await way.sql(
    `select distinct who from traces() as who where who <> '${mallory.name}'`,
  )
  return rows.map(({ who }) => String(who))
}

beforeEach(async () => {
  mallory = await createRole(way.url())
  // A sequence counts beyond every rollback: one for the stranger itself, one for anybody else.
  await way.sql(`
    grant create, usage on schema public to ${mallory.name};
    create sequence public.sprung; grant all on sequence public.sprung to public;
    create function public.traces() returns setof text language sql as $$
      select 'another role' from public.sprung where is_called $$`)
  await asMallory(`
    create function public.trap() returns boolean language plpgsql immutable as $$ begin
      if current_user <> '${mallory.name}' then perform nextval('public.sprung'); end if;
      return true; end $$;
    create function public.trapped(int) returns int language plpgsql immutable as $$ begin
      perform public.trap(); return $1; end $$;
    create function public.sprung_row() returns trigger language plpgsql as $$ begin
      perform public.trap(); return coalesce(new, old); end $$`)
})

afterEach(() => mallory.drop())

/** What a stranger puts on its own table `theirs`. */
const TRAPS: Readonly<Record<string, string>> = {
  'a check': 'alter table theirs add constraint c check (public.trap()) not valid',
  'a check of a value':
    'alter table theirs add constraint c check (public.trapped(id) > 0) not valid',
  'an index': 'create index on theirs (public.trapped(id))',
  'an index of a constant': 'create index on theirs ((public.trap()))',
  'a partial index': 'create index on theirs (id) where public.trap()',
  'a generated column':
    'alter table theirs add g int generated always as (public.trapped(id)) stored',
  'a domain':
    'create domain d as int check (public.trapped(value) > 0); alter table theirs alter y type d',
  'a composite of a domain':
    'create domain d as int check (public.trap()); create type c as (d d); alter table theirs add z c',
  'a trigger':
    'create trigger t before update or insert on theirs for each row execute function public.sprung_row(); alter table theirs enable always trigger t',
  'a rule': 'create rule r as on update to theirs do also select public.trap()',
  'a policy':
    'create policy p on theirs using (public.trap()); alter table theirs enable row level security',
  'a default': 'alter table theirs add n int default (public.trapped(1))',
}

const traps = inTurn(Object.entries(TRAPS))

describe('the way back and forth runs nothing of a stranger', () => {
  const migrations = {
    M1: { up: 'create table kept (id int primary key)', down: '' },
    M2: {
      up: "create type mood as enum ('x', 'y'); create table a (id int primary key, v mood)",
      down: 'drop table if exists a cascade; drop type mood cascade',
    },
  }

  test.each(briefly(traps))('that uses the application’s types: %s', async (_, trap) => {
    const project = await way.project(migrations)
    await way.up(project)
    await way.sql(`insert into a values (1, 'x')`)
    await asMallory(
      `create table theirs (id int primary key, x mood, y int default 1); insert into theirs values (1, 'x', 1)`,
    )
    await asMallory(trap)
    await way.sql('alter sequence public.sprung restart')
    await expect(way.down(project, 'M1')).rejects.toMatchObject({
      code: 'NOT_KEPT',
      message: expect.stringContaining(`belongs to "${mallory.name}"`),
    })
    await way.down(project, 'M1', { lose: ['theirs.x'] })
    expect(await runAs()).toEqual([])
    await asMallory('alter table theirs add x text')
    await way.up(project, 'head', { allowDrift: 'seen' })
    expect(await runAs()).toEqual([])
    expect(await way.sql('select id, v::text from a')).toEqual([{ id: 1, v: 'x' }])
  })

  test.each(briefly(traps))('that made a table under the same name: %s', async (_, trap) => {
    const project = await way.project(migrations)
    await way.up(project)
    await way.sql(`insert into a values (1, 'x')`)
    await way.down(project, 'M1')
    await asMallory('create table theirs (id int primary key, v text, y int default 1)')
    await asMallory(trap)
    await asMallory('alter table theirs rename to a')
    const [entry] = await way.sql(
      `select id::text from migrator_archive.entries where "table" = 'a'`,
    )
    const given = await restoreFromArchive(project, databaseTarget(way.url()), String(entry?.id))
    const why = `belongs to "${mallory.name}", whose code the migrator does not run`
    expect(given).toMatchObject({ restoredRows: 0, note: expect.stringContaining(why) })
    expect(await runAs()).toEqual([])
    expect(await way.archived()).toContain('table a 1')
  })

  test('that inherits from a table of the application, or is a partition of it', async () => {
    const project = await way.project({
      M1: { up: 'create table kept (id int)', down: '' },
      M2: {
        up: 'create table p (id int, v text) partition by list (id); create table p1 partition of p for values in (1)',
        down: 'alter table p drop column v',
      },
      M3: { up: '', down: '' },
    })
    await way.up(project)
    await way.sql(`insert into p values (1, 'x'); alter table p1 owner to ${mallory.name}`)
    await asMallory('create index on p1 ((public.trap()))')
    await way.sql('alter sequence public.sprung restart')
    await expect(way.down(project, 'M1')).rejects.toMatchObject({ code: 'NOT_KEPT' })
    expect(await runAs()).toEqual([])
  })

  test('whose domain a column of the application has', async () => {
    const project = await way.project({
      M1: { up: 'create table kept (id int primary key)', down: '' },
      M2: { up: 'alter table kept add v d', down: 'alter table kept drop v' },
    })
    await asMallory('create domain public.d as text')
    await way.up(project)
    await way.sql(`insert into kept values (1, 'x')`)
    await way.down(project, 'M1')
    const { returned } = await way.up(project)
    expect(returned).toMatchObject([
      { restoredRows: 0, note: expect.stringContaining('type public.d belongs to') },
    ])
    await asMallory('alter domain d add check (public.trap())')
    await way.sql('alter sequence public.sprung restart')
    const id = returned[0]?.entry ?? ''
    expect(await restoreFromArchive(project, databaseTarget(way.url()), id)).toMatchObject({
      restoredRows: 0,
    })
    expect(await runAs()).toEqual([])
  })
})
