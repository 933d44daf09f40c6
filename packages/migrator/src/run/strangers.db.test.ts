import { createTestDatabase, inTurn, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { preview } from '../inspect/preview.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { run } from './index.ts'

/*
 * A role that may create in public, and that nobody trusts. A sequence counts beyond every rollback: it is advanced where
 * code of that role runs as another one.
 */

let database: TestDatabase
let mallory: TestRole
const projects: { drop(): Promise<void> }[] = []

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)
const asMallory = (text: string) => query(mallory.url, text)
const hasSprung = async () => (await sql('select is_called as it from sprung'))[0]?.['it']
const head = { direction: 'up', target: 'head' } as const

async function projectOf(up: SqlMigration['up']) {
  const project = await sqlProject({ M1: { up, down: '' } })
  projects.push(project)
  return project
}

beforeEach(async () => {
  database = await createTestDatabase()
  mallory = await createRole(database.url)
  await sql(`grant create, usage on schema public to ${mallory.name};
    create sequence sprung; grant all on sequence sprung to public`)
  await asMallory(`
    create function trap() returns boolean language plpgsql immutable as $$ begin
      if current_user <> '${mallory.name}' then perform nextval('public.sprung'); end if;
      return true; end $$;
    create function trapped(int) returns int language plpgsql immutable as $$ begin
      perform public.trap(); return $1; end $$;
    create function spring() returns trigger language plpgsql as $$ begin
      perform public.trap(); return coalesce(new, old); end $$`)
})

afterEach(async () => {
  await mallory.drop()
  await Promise.all([database.drop(), ...projects.splice(0).map((project) => project.drop())])
})

const OWN = 'create table t (id int, v text);'

/** What a stranger has a table run; `by` the owner of the database, who makes the table with a function of the stranger's. */
const TRAPS: Readonly<Record<string, { by?: 'owner'; sql: string }>> = {
  'a trigger': {
    sql: `${OWN} create trigger s before insert on t for each row execute function spring()`,
  },
  'a rule': { sql: `${OWN} create rule r as on insert to t do also select trap()` },
  'a default': { sql: `${OWN} alter table t add n int default trapped(1)` },
  'a generated column': {
    sql: `${OWN} alter table t add n int generated always as (trapped(id)) stored`,
  },
  'a check': { sql: `${OWN} alter table t add check (trap())` },
  'an index': { sql: `${OWN} create index on t (trapped(id))` },
  'a domain': { sql: `create domain d as text check (trap()); create table t (id int, v d)` },
  'a partition': {
    sql: `create table t (id int, v text) partition by list (id); create table t1 partition of t (check (trap())) default`,
  },
  'a view with a trigger': {
    sql: `create view t as select 1 as id, 'x'::text as v;
      create trigger s instead of insert on t for each row execute function spring()`,
  },
  'a trigger on a table of the owner’s': {
    by: 'owner',
    sql: `${OWN} create trigger s before insert on t for each row execute function spring()`,
  },
  'a default of a table of the owner’s': {
    by: 'owner',
    sql: `${OWN} alter table t add n int default trapped(1)`,
  },
  'an index of a table of the owner’s': {
    by: 'owner',
    sql: `${OWN} create index on t (trapped(id))`,
  },
}

const INSERT = `insert into t (id, v) values (1, 'x')`

const NAMING: Readonly<Record<string, string>> = {
  'an INSERT': INSERT,
  'an INSERT after CREATE TABLE IF NOT EXISTS': `create table if not exists t (id int, v text); ${INSERT}`,
  'a WITH': `with new (id) as (${INSERT} returning id) select id from new`,
  'a path that it sets': `set search_path to public; ${INSERT}`,
}

describe('what a migration names and another role has made is refused before the run', () => {
  describe.each(Object.entries(NAMING))('by %s', (_, up) => {
    test.each(inTurn(Object.entries(TRAPS)))('%s', async (__, trap) => {
      await (trap.by ? sql(trap.sql) : asMallory(trap.sql))
      await sql(INSERT)
      expect(await hasSprung()).toBe(true)
      await sql('alter sequence sprung restart')
      const project = await projectOf(up)
      const here = databaseTarget(database.url)
      const refused = {
        code: 'OBJECT_UNTRUSTED',
        exit: 3,
        message: expect.stringContaining(`belongs to "${mallory.name}"`),
        next: [{ sql: `grant "${mallory.name}" to "postgres"`, why: expect.any(String) }],
      }
      await expect(preview(project, here, head)).rejects.toMatchObject(refused)
      await expect(run(project, here, head)).rejects.toMatchObject(refused)
      expect(await hasSprung()).toBe(false)
    })
  })
})

/** What no text names. */
const UNNAMED: Readonly<Record<string, SqlMigration['up']>> = {
  DO: `do $$ begin ${INSERT}; end $$`,
  'a function': `create function acts() returns void language plpgsql as $$ begin ${INSERT}; end $$; select acts()`,
  'a trigger of its own': `create table own (n int);
    create function own() returns trigger language plpgsql as $$ begin ${INSERT}; return new; end $$;
    create trigger own before insert on own for each row execute function own();
    insert into own values (1)`,
  code: async (session) => {
    await session.query(INSERT)
  },
}

describe('what a migration wrote of another role’s without naming it is not committed', () => {
  test.each(briefly(Object.entries(UNNAMED)))('by %s', async (_, up) => {
    await asMallory(`${OWN} create function rises() returns trigger language plpgsql as $$ begin
        if current_user <> '${mallory.name}' then execute 'alter role ${mallory.name} superuser'; end if; return new; end $$;
      create trigger s before insert on t for each row execute function rises()`)
    await expect(
      run(await projectOf(up), databaseTarget(database.url), head),
    ).rejects.toMatchObject({ code: 'OBJECT_UNTRUSTED', exit: 3 })
    expect(
      await sql(
        `select rolsuper, (select count(*)::int from t) as rows from pg_roles where rolname = '${mallory.name}'`,
      ),
    ).toEqual([{ rolsuper: false, rows: 0 }])
  })
})

const migrate = async (up: string) =>
  (await run(await projectOf(up), databaseTarget(database.url), head)).migrations

describe('what is another role’s stops nothing', () => {
  test('once that role is trusted', async () => {
    await asMallory(OWN)
    await sql(`grant ${mallory.name} to postgres`)
    expect(await migrate(INSERT)).toHaveLength(1)
    await sql(`revoke ${mallory.name} from postgres`)
  })

  test('where the migration itself makes a table, fills it and gives it away', async () => {
    expect(await migrate(`${OWN} ${INSERT}; alter table t owner to ${mallory.name}`)).toHaveLength(
      1,
    )
    expect(await sql('select v from t')).toEqual([{ v: 'x' }])
  })

  test('where a migration does not use it', async () => {
    await sql(`${OWN} alter table t add primary key (id); grant references on t to ${mallory.name}`)
    await asMallory('create table theirs (id int references t)')
    expect(await migrate(INSERT)).toHaveLength(1)
  })

  test('where the migration itself acts as that role', async () => {
    await asMallory(OWN)
    expect(await migrate(`set role ${mallory.name}; ${INSERT}`)).toHaveLength(1)
  })

  test('where a migration changes, renames or drops it, and neither reads nor writes its rows', async () => {
    await asMallory(`${OWN} create trigger s before truncate on t execute function spring();
      alter table t add check (trap()), add n int default trapped(1); create table u ()`)
    await sql('alter sequence sprung restart')
    const up = `alter table t add w text; alter table t rename column v to u; comment on table t is 'x'; drop table u`
    expect(await migrate(up)).toHaveLength(1)
    expect(await hasSprung()).toBe(false)
  })

  test('where it is a sequence or an enum', async () => {
    await asMallory(
      `create sequence theirs; create type mood as enum ('x'); grant all on sequence theirs to public`,
    )
    await sql(`create table t (id int default nextval('theirs'), v text, m mood)`)
    expect(await migrate(INSERT)).toHaveLength(1)
  })
})

test.each(
  briefly([
    'truncate t',
    'alter table t alter id type bigint',
    'select * from t',
    'create table u as table t',
  ]),
)('as an INSERT, %s is refused', async (up) => {
  await asMallory(OWN)
  const project = await projectOf(up)
  await expect(run(project, databaseTarget(database.url), head)).rejects.toMatchObject({
    code: 'OBJECT_UNTRUSTED',
  })
})

test('a table whose rows go with those of a table that a migration writes', async () => {
  await sql(`${OWN} alter table t add primary key (id); insert into t values (1, 'x');
    grant references on t to ${mallory.name}`)
  await asMallory('create table theirs (id int references t on delete cascade)')
  await expect(
    run(await projectOf('delete from t'), databaseTarget(database.url), head),
  ).rejects.toMatchObject({ code: 'OBJECT_UNTRUSTED' })
})
