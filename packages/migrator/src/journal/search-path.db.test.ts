import { createTestDatabase, inTurn, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { planAdoption } from '../adopt/index.ts'
import { check } from '../inspect/check.ts'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'

/** A role that may create where it likes, and that nobody trusts. */

let database: TestDatabase
let mallory: TestRole
const projects: { drop(): Promise<void> }[] = []

const sql = (text: string, url = database.url) => query<Record<string, unknown>>(url, text)
const ofDatabase = (text: string) =>
  sql(`do $$ begin execute format('${text}', current_database()); end $$`)
const asMallory = (text: string) => sql(text, mallory.url)

async function projectOf(migrations: Readonly<Record<string, SqlMigration>>) {
  const project = await sqlProject(migrations)
  projects.push(project)
  return project
}

const refused = (object: string) => ({
  code: 'PATH_UNTRUSTED',
  exit: 3,
  message: expect.stringContaining(
    `${object} is on the search path and belongs to "${mallory.name}"`,
  ),
})

beforeAll(async () => {
  database = await createTestDatabase()
  mallory = await createRole(database.url)
})

beforeEach(async () => {
  await ofDatabase(`grant create on database %I to ${mallory.name}`)
  await sql(`grant create, usage on schema public to ${mallory.name};
    create sequence sprung; grant all on sequence sprung to public`)
})

afterEach(async () => {
  await sql(`drop owned by ${mallory.name} cascade; drop sequence sprung;
    drop schema if exists migrator cascade; drop table if exists mikro_orm_migrations, t, one, made`)
})

afterAll(async () => {
  await mallory.drop()
  await Promise.all([database.drop(), ...projects.splice(0).map((project) => project.drop())])
})

describe('a schema of a role that is not trusted, on the search path', () => {
  const MIGRATIONS = {
    M1: { up: 'create table if not exists t (id int, v text)', down: 'drop table t' },
    M2: { up: `insert into t values (1, 'B')`, down: 'delete from t' },
  }
  let migrating: TestRole

  beforeEach(async () => {
    migrating = await createRole(database.url)
    await ofDatabase(`grant create on database %I to ${migrating.name}`)
    await sql(`grant create, usage on schema public to ${migrating.name}`)
  })

  afterEach(() => migrating.drop())

  /** Every command that reads the bookkeeping. */
  const commands = (project: Awaited<ReturnType<typeof projectOf>>) => {
    const here = databaseTarget(migrating.url)
    return {
      up: () => run(project, here, { direction: 'up', target: 'head' }),
      down: () => run(project, here, { direction: 'down', target: 'base', yes: true }),
      adopt: () => planAdoption(project, here, { decisions: new Map() }),
      plan: () => preview(project, here, { direction: 'up', target: 'head' }),
      status: () => status(project, here),
      check: () => check(project, here),
    }
  }

  test.each([
    ['that is named as the migrating role', (): string => migrating.name, () => ''],
    [
      'that comes after the one of the application',
      () => 'theirs',
      () => `alter role ${migrating.name} set search_path = public, theirs`,
    ],
  ])('%s, stops every command', async (_, schema, path) => {
    await asMallory(`create schema ${schema()}; grant all on schema ${schema()} to public;
      create table ${schema()}.t (id int, v text); grant all on ${schema()}.t to public;
      create function ${schema()}.spring() returns trigger language plpgsql as $$ begin
        perform nextval('public.sprung'); return new; end $$;
      create trigger s before insert on ${schema()}.t for each row execute function ${schema()}.spring()`)
    await sql(path() || 'select 1')
    const project = await projectOf(MIGRATIONS)
    await recordExpectedCatalogs(project)
    for (const command of Object.values(commands(project))) {
      await expect(command()).rejects.toMatchObject(refused(`The schema ${schema()}`))
    }
    expect(
      await sql(`select relname from pg_class where relowner = '${migrating.name}'::regrole
      union select nspname from pg_namespace where nspname ~ '^migrator'`),
    ).toEqual([])
    expect(await hasSprung()).toBe(false)
  })

  test('stops the way back of what was applied before it was made', async () => {
    const project = await projectOf(MIGRATIONS)
    const { up, down } = commands(project)
    await up()
    await asMallory(
      `create schema ${migrating.name}; grant usage on schema ${migrating.name} to public`,
    )
    await expect(down()).rejects.toMatchObject(refused(`The schema ${migrating.name}`))
    await asMallory(`drop schema ${migrating.name}`)
    await down()
    expect(await sql(`select to_regclass('public.t') as t`)).toEqual([{ t: null }])
  })

  test('stops nothing once its owner is trusted, or is not on the path', async () => {
    await asMallory(`create schema ${migrating.name}; create schema beside;
      grant all on schema ${migrating.name} to public`)
    await sql(`grant ${mallory.name} to ${migrating.name}`)
    const project = await projectOf(MIGRATIONS)
    await commands(project).up()
    expect(await sql(`select to_regclass('${migrating.name}.t')::text as t`)).toEqual([
      { t: `${migrating.name}.t` },
    ])
    await sql(`drop schema ${migrating.name} cascade`)
  })
})

test('what a role makes of the application is not to be dropped: its schema is migrated once it is trusted', async () => {
  await asMallory(
    'create schema theirs; create table theirs.kept (n int); insert into theirs.kept values (1)',
  )
  await ofDatabase('alter database %I set search_path = theirs')
  const project = await projectOf({
    M1: { up: 'create table made (n int)', down: 'drop table made' },
  })
  const up = () => run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
  const next = [{ sql: `grant "${mallory.name}" to "postgres"`, why: expect.any(String) }]
  await expect(up()).rejects.toMatchObject({ ...refused('The schema theirs'), next })
  await sql(next.map((step) => step.sql).join())
  expect(await up()).toMatchObject({ migrations: [{ name: 'M1' }] })
  expect(await sql('select n from theirs.kept')).toEqual([{ n: 1 }])
  await sql(`revoke ${mallory.name} from postgres`)
  await ofDatabase('alter database %I reset search_path')
})

/** `returns` of a function whose body springs the trap. */
const spring = (signature: string, returns: string, result: string) =>
  `create function ${signature} returns ${returns} language plpgsql as $$ begin
     perform nextval('public.sprung'); return ${result}; end $$`

/** What mallory makes, and a statement of the author's that would run it. */
const PREFERRED: Readonly<Record<string, { made: string; statement: string; given?: string }>> = {
  'a function for a type that PostgreSQL’s own takes by a cast': {
    made: spring('public.lower(varchar)', 'text', `'x'`),
    statement: `select lower('A'::varchar)`,
  },
  'a function of fewer arguments that are polymorphic': {
    made: spring('public.concat(text, text)', 'text', `'x'`),
    statement: `select concat('a'::text, 'b'::text)`,
  },
  'a function with a default': {
    made: spring('public.upper(varchar, int default 1)', 'text', `'x'`),
    statement: `select upper('A'::varchar)`,
  },
  'a variadic function': {
    made: spring('public.upper(variadic varchar[])', 'text', `'x'`),
    statement: `select upper('A'::varchar)`,
  },
  'a function that takes a literal by a domain': {
    made: `create domain public.d as text; ${spring('public.abs(public.d)', 'int', '1')}`,
    statement: `select abs('1')`,
  },
  'a function that a literal reaches beside an exact argument': {
    made: `create type public.own as (n text); ${spring('public.lpad(varchar, public.own)', 'text', `'x'`)}`,
    statement: `select lpad('a'::varchar, '(3)')`,
  },
  'a function that is closer than the author’s': {
    given: 'create function app.mark(text) returns int language sql as $$ select 1 $$',
    made: spring('public.mark(varchar)', 'int', '2'),
    statement: `select mark('A'::varchar)`,
  },
  'the function of the author’s, in an earlier schema': {
    given: `create function app.mark(text) returns int language sql as $$ select 1 $$`,
    made: spring('public.mark(text)', 'int', '2'),
    statement: `select mark('A'::text)`,
  },
  'a function that is called like a cast': {
    given: `create type app.mood as enum ('x')`,
    made: spring('public.mood(text)', 'app.mood', `'x'`),
    statement: `select mood('x'::text)`,
  },
  'a domain that is named like a function': {
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.upper as text check (public.fits(value))`,
    statement: `select upper('A'::varchar)`,
  },
  'a domain that is named like a function of the author’s': {
    given: 'create function app.mark(text) returns int language sql as $$ select 1 $$',
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.mark as text check (public.fits(value))`,
    statement: `select mark('A')`,
  },
  'a domain that is named like a variadic function': {
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.concat as text check (public.fits(value))`,
    statement: `select concat('A')`,
  },
  'a range whose bounds are of a domain': {
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.bound as text check (public.fits(value));
      create type public.upper as range (subtype = public.bound)`,
    statement: `select upper('[A,B]')`,
  },
  'the multirange of a range': {
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.bound as text check (public.fits(value));
      create type public.span as range (subtype = public.bound, multirange_type_name = public.lower)`,
    statement: `select lower('{[A,B]}')`,
  },
  'the array of a domain': {
    given: 'create function app._mark(text) returns int language sql as $$ select 1 $$',
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.mark as text check (public.fits(value))`,
    statement: `select _mark('{A}')`,
  },
  'a type to which an implicit cast leads': {
    given: 'create function app.mark(varchar, date) returns int language sql as $$ select 1 $$',
    made: `create type public.own as enum ('2020-01-01');
      create function public.as_own(varchar) returns public.own language sql as $$ select null::public.own $$;
      create cast (varchar as public.own) with function public.as_own(varchar) as implicit;
      ${spring('public.mark(varchar, public.own)', 'int', '2')}`,
    statement: `select mark('A'::varchar, '2020-01-01')`,
  },
  'an aggregate': {
    made: `${spring('public.step(int, varchar)', 'int', '1')};
      create aggregate public.max(varchar) (sfunc = public.step, stype = int, initcond = '0')`,
    statement: `select max('a'::varchar)`,
  },
  'an operator': {
    made: `${spring('public.joined(varchar, varchar)', 'text', `'x'`)};
      create operator public.|| (function = public.joined, leftarg = varchar, rightarg = varchar)`,
    statement: `select 'a'::varchar || 'b'::varchar`,
  },
  'a prefix operator': {
    made: `${spring('public.near(varchar)', 'int', '1')};
      create operator public.@ (function = public.near, rightarg = varchar)`,
    statement: `select @ '1'::varchar`,
  },
  'a table that hides the author’s': {
    given: 'create table app.t (n int)',
    made: `create function public.sprung_row() returns trigger language plpgsql as $$ begin
        perform nextval('public.sprung'); return new; end $$;
      create table public.t (n int); grant all on public.t to public;
      create trigger s before insert on public.t for each row execute function public.sprung_row()`,
    statement: 'insert into t values (1)',
  },
  'a type that hides the author’s': {
    given: 'create domain app.mood as text',
    made: `${spring('public.fits(text)', 'boolean', 'true')};
      create domain public.mood as text check (public.fits(value))`,
    statement: `select 'x'::mood`,
  },
}

const hasSprung = async () => (await sql('select is_called as it from sprung'))[0]?.['it']

/** Mallory may create in the first schema of the path. The author's own are in the second. */
function useOpenPath() {
  let project: Awaited<ReturnType<typeof projectOf>>
  beforeAll(async () => {
    await ofDatabase('alter database %I set search_path = public, app')
    project = await projectOf({
      M1: { up: 'create table public.one (n int)', down: 'drop table public.one' },
      M2: { up: 'create table public.t (n int)', down: 'drop table public.t' },
    })
  })
  beforeEach(() => sql('create schema app; grant usage on schema app to public'))
  afterEach(() => sql('drop schema app cascade'))
  return () => project
}

describe('what PostgreSQL could prefer to what a migration means, made by a role without trust, is refused', () => {
  const open = useOpenPath()

  test.each(briefly(Object.entries(PREFERRED)))(
    '%s',
    async (_, { made, statement, given = '' }) => {
      await sql(given)
      const project = open()
      const here = databaseTarget(database.url)
      await run(project, here, { direction: 'up', target: 'M1' })
      await asMallory(made)
      // The danger is real. The statement may fail after it.
      await sql(statement).catch(() => {})
      expect(await hasSprung()).toBe(true)
      for (const command of [
        () => preview(project, here, { direction: 'up', target: 'head' }),
        () => run(project, here, { direction: 'up', target: 'head' }),
        () => run(project, here, { direction: 'down', target: 'base', yes: true }),
      ]) {
        const next = expect.not.arrayContaining([
          { sql: expect.stringMatching(/cascade|drop table/), why: expect.anything() },
        ])
        await expect(command()).rejects.toMatchObject({ ...refused(''), next })
      }
      // With nothing to do nothing of the author's runs.
      expect((await run(project, here, { direction: 'up', target: 'M1' })).migrations).toEqual([])
    },
  )
})

const FUNCTION = 'a function with a path'
const ACTS = `create function app.acts(text) returns void language plpgsql set search_path = staging, app
  as $$ begin execute $1; end $$`

/** How a migration comes to look up its names in a schema of a trusted role in which mallory may create. */
const WAYS: Readonly<Record<string, (statement: string) => SqlMigration['up']>> = {
  SET: (statement) => `set search_path to staging, app; ${statement}`,
  'SET LOCAL': (statement) => `set local search_path to staging, app; ${statement}`,
  set_config: (statement) =>
    `select set_config('search_path', 'staging, app', false); ${statement}`,
  'set_config of what is no constant': (statement) =>
    `select set_config('search_path', concat('stag', 'ing, app'), true); ${statement}`,
  DO: (statement) =>
    `do $$ begin perform set_config('search_path', 'staging, app', false); end $$; ${statement}`,
  'a trigger of its own': (statement) =>
    `create table made (n int);
     create function app.moves() returns trigger language plpgsql as $$ begin
       perform set_config('search_path', 'staging, app', true); return new; end $$;
     create trigger moves before insert on made for each row execute function app.moves();
     insert into made values (1); ${statement}`,
  'another transaction': (statement) =>
    `set search_path to staging, app; create table made (n int);
     create index concurrently made_n on made (n); ${statement}`,
  [FUNCTION]: (statement) =>
    `create table made (n int); select app.acts('${statement.replaceAll("'", "''")}')`,
  code: (statement) => async (session) => {
    await session.query('set search_path to staging, app')
    await session.query(statement).catch(() => {})
  },
}

const KINDS = Object.entries(PREFERRED).filter(([name]) =>
  ['a function for', 'a domain that is named like a function', 'an operator', 'a table'].some(
    (start) => name.startsWith(start),
  ),
)

describe('a path that a migration comes to is looked at before the next statement', () => {
  beforeEach(() =>
    sql(`create schema app; grant usage on schema app to public;
      create schema staging; grant create, usage on schema staging to ${mallory.name}`),
  )
  afterEach(() => sql('drop schema app, staging cascade'))

  describe.each(Object.entries(WAYS))('by %s', (way, up) => {
    test.each(inTurn(KINDS))('%s', async (_, { made, statement, given = '' }) => {
      await sql(given)
      if (way === FUNCTION) await sql(ACTS)
      await asMallory(made.replaceAll(/public\.(?!sprung')/g, 'staging.'))
      await sql(`set search_path to staging, app; ${statement}`).catch(() => {})
      expect(await hasSprung()).toBe(true)
      await sql('alter sequence sprung restart')
      const project = await projectOf({ M1: { up: up(statement), down: '' } })
      await expect(
        run(project, databaseTarget(database.url), { direction: 'up', target: 'head' }),
      ).rejects.toMatchObject({
        code: 'PATH_UNTRUSTED',
        message: expect.stringContaining(`belongs to "${mallory.name}"`),
      })
      expect(await hasSprung()).toBe(false)
    })
  })
})

test('a qualified name is looked at in its schema, whatever the path', async () => {
  await sql(`create schema staging; grant create, usage on schema staging to ${mallory.name};
    create function staging.mark(text) returns int language sql as $$ select 1 $$`)
  await asMallory(spring('staging.mark(varchar)', 'int', '2'))
  const statement = `select staging.mark('A'::varchar)`
  await sql(statement)
  expect(await hasSprung()).toBe(true)
  const project = await projectOf({ M1: { up: statement, down: '' } })
  await expect(
    run(project, databaseTarget(database.url), { direction: 'up', target: 'head' }),
  ).rejects.toMatchObject({
    code: 'PATH_UNTRUSTED',
    message: expect.stringContaining('staging.mark(character varying) is where a qualified name'),
  })
  await sql('drop schema staging cascade')
})

/** As an extension that another role has installed has them: for types of its own, or under names of its own. */
const HARMLESS: Readonly<Record<string, { made: string; given?: string; after?: string }>> = {
  'functions of its own types': {
    made: `create type public.geometry as (x float8);
      create function public.box(public.geometry) returns int language sql as $$ select 1 $$;
      create function public.text(public.geometry) returns text language sql as $$ select '' $$;
      create function public.length(public.geometry) returns int language sql as $$ select 1 $$`,
  },
  'operators of its own types': {
    made: `create type public.geometry as (x float8);
      create function public.overlap(public.geometry, public.geometry) returns boolean language sql as $$ select true $$;
      create operator public.&& (function = public.overlap, leftarg = public.geometry, rightarg = public.geometry)`,
  },
  'types of its own to which implicit casts lead, with functions and operators of them': {
    made: `create type public.geometry as (x float8);
      create function public.geometry(text) returns public.geometry language sql as $$ select null::public.geometry $$;
      create cast (text as public.geometry) with function public.geometry(text) as implicit;
      create function public.overlap(public.geometry, public.geometry) returns boolean language sql as $$ select true $$;
      create operator public.= (function = public.overlap, leftarg = public.geometry, rightarg = public.geometry);
      create operator public.&& (function = public.overlap, leftarg = public.geometry, rightarg = public.geometry);
      create operator public.~ (function = public.overlap, leftarg = public.geometry, rightarg = public.geometry)`,
  },
  'an aggregate of its own type': {
    made: `create type public.geometry as (x float8);
      create function public.pick(public.geometry, public.geometry) returns public.geometry language sql as $$ select $1 $$;
      create aggregate public.max(public.geometry) (sfunc = public.pick, stype = public.geometry)`,
  },
  'a function of a name of its own': {
    made: 'create function public.st_area(text) returns int language sql as $$ select 1 $$',
  },
  'a function with more arguments': {
    made: 'create function public.lower(text, text, text) returns int language sql as $$ select 1 $$',
  },
  'the very function of PostgreSQL’s, which comes first': {
    made: 'create function public.lower(text) returns text language sql as $$ select $1 $$',
  },
  'the very function of the author’s, in a later schema': {
    given: `grant create on schema app to public;
      create function public.mark(text) returns int language sql as $$ select 1 $$`,
    made: 'create function app.mark(text) returns int language sql as $$ select 1 $$',
    after: 'drop function public.mark(text)',
  },
  'a table of a name of its own': { made: 'create table public.theirs (n int)' },
  'a closer function that is not on the path': {
    made: `create schema beside; create function beside.lower(varchar) returns text language sql as $$ select '' $$`,
  },
}

describe('what such a role has made for itself stops nothing', () => {
  const open = useOpenPath()

  test.each(briefly(Object.entries(HARMLESS)))(
    '%s',
    async (_, { made, given = '', after = '' }) => {
      await sql(given)
      await asMallory(made)
      const { plan } = await preview(open(), databaseTarget(database.url), {
        direction: 'up',
        target: 'head',
      })
      expect(plan.migrations).toHaveLength(2)
      await sql(after)
    },
  )

  test('nor does what a trusted role has made in front of all others', async () => {
    await sql(spring('app.lower(varchar)', 'text', `'x'`))
    const here = databaseTarget(database.url)
    const { migrations } = await run(open(), here, { direction: 'up', target: 'head' })
    expect(migrations).toHaveLength(2)
  })
})
