import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { history } from '../inspect/history.ts'
import { status } from '../inspect/status.ts'
import { findBookkeepingIssues } from '../repair/bookkeeping-issues.ts'
import { listArchive } from '../archive/manage.ts'
import { run } from '../run/index.ts'
import { grantApplicationRole } from '../grant/roles.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { toldBy } from '../testing/told.ts'
import { findDistrust, mayBeDistrusted } from './trust.ts'

let database: TestDatabase
let hostile: TestRole
let project: Awaited<ReturnType<typeof sqlProject>>

const sql = (text: string) => query(database.url, text)
const asHostile = (text: string) => query(hostile.url, text)
const here = () => databaseTarget(database.url)
const up = () => run(project, here(), { direction: 'up', target: 'head' })

/** Where every trap says that it was sprung, and as whom. */
const SPRUNG = 'create table public.sprung (role text)'

beforeEach(async () => {
  database = await createTestDatabase()
  hostile = await createRole(database.url)
  project = await sqlProject({
    Migration1: { up: 'create table t (n int)', down: 'drop table t' },
  })
  await sql(`do $$ begin execute format('grant create on database %I to ${hostile.name}', current_database()); end $$;
    grant create on schema public to ${hostile.name}`)
  await asHostile(`${SPRUNG};
    grant all on public.sprung to public;
    create function public.spring() returns trigger language plpgsql as
      $$ begin insert into public.sprung values (current_user); return new; end $$;
    create function public.spring_text() returns text language plpgsql as
      $$ begin insert into public.sprung values (current_user); return 'x'; end $$;
    create domain public.trap as text check (public.spring_text() = 'x')`)
})

afterEach(async () => {
  await hostile.drop()
  await Promise.all([database.drop(), project.drop()])
})

/** Every command that believes the bookkeeping. */
const COMMANDS = {
  up,
  down: () => run(project, here(), { direction: 'down', target: 'base', yes: true }),
  status: () => status(project, here()),
  history: () => history(project, here()),
  repair: () => findBookkeepingIssues(project, here()),
  'archive list': () => listArchive(project, here()),
  grant: () => grantApplicationRole(here(), hostile.name, undefined),
}

/** How a command ended, and which traps it sprang. */
async function endOf(command: () => Promise<unknown>) {
  const error = await command().then(
    () => undefined,
    (caught: unknown) => caught,
  )
  const { code, exit, message } =
    error instanceof MigratorError
      ? { code: error.code, exit: error.exit, message: toldBy(error) }
      : { message: String(error) }
  return { code, exit, message, sprung: await sql('select * from public.sprung') }
}

const LEDGER_OID = `'public.mikro_orm_migrations'::regclass::oid`

/** What both looks at the bookkeeping find. */
async function judge() {
  const [found] = await sql(
    `select ${mayBeDistrusted(LEDGER_OID)} as first, ${findDistrust(LEDGER_OID)} as closer`,
  )
  return found
}

function refusedFor(reason: RegExp) {
  const message = expect.stringMatching(reason)
  return { code: 'BOOKKEEPING_UNTRUSTED', exit: 6, message, sprung: [] }
}

/** Of every table, wherever it is: how many rows it has. */
const rows = () =>
  sql(`select relname, (xpath('//n/text()', query_to_xml(format('select count(*) as n from %s', c.oid::regclass), false, true, '')))[1]::text
         from pg_class c join pg_namespace n on n.oid = relnamespace
        where relkind = 'r' and nspname !~ '^pg_|information_schema' order by 1, 2`)

/** Does what the messages say to do where the role is a stranger, until nothing is refused; no row is lost by it. */
async function mend(): Promise<void> {
  const before = await rows()
  for (let tries = 0; tries < 12; tries++) {
    const error = await COMMANDS.status().catch((caught: unknown) => caught)
    if (!(error instanceof MigratorError) || error.code !== 'BOOKKEEPING_UNTRUSTED') break
    const step = error.next.at(-1)
    await sql(step && 'sql' in step ? step.sql : '')
  }
  expect(await endOf(COMMANDS.status)).not.toMatchObject({ code: 'BOOKKEEPING_UNTRUSTED' })
  expect(await rows()).toEqual(before)
}

const LEDGER = `id serial primary key, name varchar(255), executed_at timestamptz default now()`
const JOURNAL = `id bigint generated always as identity primary key, at timestamptz default now(),
  run uuid, event text, migration text, direction text, phase text, segment int, segments int, mode text, final boolean,
  checksum text, statements jsonb, definition jsonb, duration_ms int, lock_wait_ms int, attempts int, rows bigint, note text,
  fingerprint text, facts jsonb, ledger text, host text, tool_version text, build text`

describe('what a role made before the migrator came is refused', () => {
  test.each([
    ['a schema', 'create schema migrator', /schema migrator belongs to/],
    ['an archive', 'create schema migrator_archive', /schema migrator_archive belongs to/],
    [
      'a journal with a trigger',
      `create schema migrator; create table migrator.history (${JOURNAL});
       create trigger t before insert on migrator.history for each row execute function public.spring()`,
      /belongs to/,
    ],
    [
      'a journal of an older format',
      `create schema migrator; create table migrator.journal (${JOURNAL});
       create trigger t before insert on migrator.journal for each row execute function public.spring()`,
      /belongs to/,
    ],
    ['a ledger', `create table public.mikro_orm_migrations (${LEDGER})`, /belongs to/],
    [
      'a ledger with a default',
      `create table public.mikro_orm_migrations (${LEDGER}, x text default public.spring_text())`,
      /belongs to/,
    ],
    [
      'a ledger that is a view',
      `create view public.mikro_orm_migrations as select 1 as id, public.spring_text() as name, now() as executed_at`,
      /belongs to/,
    ],
    [
      'a ledger that is a materialized view',
      'create materialized view public.mikro_orm_migrations as select 1 as id',
      /alter materialized view public\.mikro_orm_migrations set schema/,
    ],
    [
      'a ledger that is a sequence',
      'create sequence public.mikro_orm_migrations',
      /alter sequence public\.mikro_orm_migrations set schema/,
    ],
    [
      'a ledger that is a type',
      'create type public.mikro_orm_migrations as (id int)',
      /alter type public\.mikro_orm_migrations set schema/,
    ],
    [
      'a ledger in the archive of another',
      `create schema migrator_archive; create view migrator_archive.entries as select public.spring_text() as note`,
      /belongs to/,
    ],
  ])('%s', async (_, prepare, reason) => {
    await asHostile(prepare)
    for (const command of Object.values(COMMANDS)) {
      // `grant` is for the whole database: it believes no ledger.
      if (command === COMMANDS.grant && prepare.includes('mikro_orm')) continue
      expect(await endOf(command)).toEqual(refusedFor(reason))
    }
    await mend()
  })
})

test.each([
  ['domain', 'as text'],
  ['type', `as enum ('x')`],
])('a %s of the name of the ledger is named, with what sets it aside', async (kind, definition) => {
  await asHostile(`create ${kind} public.mikro_orm_migrations ${definition}`)
  expect(await endOf(COMMANDS.up)).toEqual(
    refusedFor(new RegExp(`alter ${kind} "public"\\."mikro_orm_migrations" set schema`)),
  )
  await sql(`alter ${kind} public.mikro_orm_migrations owner to current_user`)
  expect(await endOf(COMMANDS.up)).toMatchObject({
    code: 'BOOKKEEPING_UNUSABLE',
    message: expect.stringMatching(
      /^"public"\."mikro_orm_migrations" cannot be used.*already exists/,
    ),
  })
})

describe('what a role did to the bookkeeping of another is refused', () => {
  test.each(
    briefly([
      [
        'a trigger on the ledger, by a role that has been granted all',
        'grant all on public.mikro_orm_migrations to HOSTILE',
        `create trigger t before insert or delete on public.mikro_orm_migrations for each row execute function public.spring()`,
        /has the trigger "t"[\s\S]*drop trigger "t" on public.mikro_orm_migrations/,
      ],
      [
        'a table that cascades from the ledger',
        'grant all on public.mikro_orm_migrations to HOSTILE',
        `create table public.child (id int references public.mikro_orm_migrations on delete cascade);
       create trigger t after delete on public.child for each row execute function public.spring()`,
        /bound to public.child by a foreign key/,
      ],
      [
        'a column of a domain of others',
        `alter table public.mikro_orm_migrations add column x public.trap`,
        '',
        /uses type public.trap, which belongs to/,
      ],
      [
        'a default of others',
        `alter table public.mikro_orm_migrations add column x text; alter table public.mikro_orm_migrations alter x set default public.spring_text()`,
        '',
        /uses function public.spring_text\(\), which belongs to/,
      ],
      [
        'a check of others on the journal',
        `alter table migrator.history add check (public.spring_text() <> note) not valid`,
        '',
        /migrator.history uses function public.spring_text\(\)/,
      ],
      [
        'a generated column of others',
        `create function public.calm() returns text immutable language sql as $$ select 'x' $$;
       alter function public.calm() owner to HOSTILE;
       alter table migrator.catalogs add column x text generated always as (public.calm()) stored`,
        '',
        /migrator.catalogs uses function public.calm\(\)/,
      ],
      [
        'an index expression of others',
        `create function public.spring_index(text) returns text immutable language sql as $$ select 'x' $$;
       alter function public.spring_index(text) owner to HOSTILE;
       create index on migrator.history (public.spring_index(note))`,
        '',
        /uses function public.spring_index\(text\), which belongs to/,
      ],
      [
        'a rule',
        'create rule r as on insert to public.mikro_orm_migrations do also insert into public.sprung values (current_user)',
        '',
        /has the rule "r"/,
      ],
      [
        'a policy',
        `alter table public.mikro_orm_migrations enable row level security, force row level security`,
        '',
        /row-level security/,
      ],
      [
        'a child',
        `create table public.child () inherits (public.mikro_orm_migrations); alter table public.child owner to HOSTILE`,
        '',
        /by inheritance/,
      ],
      [
        'leave to write the journal',
        'grant insert on migrator.history to HOSTILE',
        '',
        /may be written by others[\s\S]*revoke all on migrator.history from/,
      ],
      [
        'leave of all to write a column of the journal',
        'grant insert (note) on migrator.history to public',
        '',
        /revoke all on migrator.history from public/,
      ],
      [
        'leave to create in the schema of the journal',
        'grant create on schema migrator to HOSTILE',
        '',
        /revoke create on schema migrator from/,
      ],
      [
        'a function in the schema of the journal',
        'create function migrator.f() returns int language sql as $$ select 1 $$; alter function migrator.f() owner to HOSTILE',
        '',
        /function migrator.f\(\) belongs to/,
      ],
    ]),
  )('%s', async (_, careless, prepare, reason) => {
    await up()
    await sql(careless.replaceAll('HOSTILE', hostile.name))
    if (prepare !== '') await asHostile(prepare)
    // What was careless may have sprung it already.
    await sql('delete from public.sprung')
    // The first look, which saves the closer one, has seen that there is reason for it.
    expect(await judge()).toMatchObject({
      first: true,
      closer: expect.arrayContaining([expect.anything()]),
    })
    expect(await endOf(COMMANDS.status)).toEqual(refusedFor(reason))
    expect(await endOf(COMMANDS.down)).toEqual(refusedFor(reason))
    await mend()
  })

  test('without any of this the first look is enough, also where services ask the gate', async () => {
    await up()
    expect(await judge()).toEqual({ first: false, closer: [] })
    const service = await createRole(database.url)
    await grantApplicationRole(here(), service.name, undefined)
    expect(await judge()).toEqual({ first: false, closer: [] })
    await service.drop()
  })
})

describe('who may own the bookkeeping', () => {
  test('a role does not make itself trusted by making others its members', async () => {
    await asHostile('create schema migrator')
    // Up to PostgreSQL 15 a role may; from 16 on one that may create roles.
    await sql(`alter role ${hostile.name} createrole`)
    await asHostile(`grant ${hostile.name} to postgres`).catch(() => {})
    expect(await endOf(up)).toEqual(refusedFor(/schema migrator belongs to/))
  })

  test('a role that a superuser has made the migrator a member of', async () => {
    const owner = await createRole(database.url)
    await sql(`grant create on schema public to ${owner.name};
      do $$ begin execute format('grant create on database %I to ${owner.name}', current_database()); end $$`)
    await run(project, databaseTarget(owner.url), { direction: 'up', target: 'head' })
    expect(await endOf(COMMANDS.status)).toEqual(
      refusedFor(/connect as it[\s\S]*as a superuser, run: grant/),
    )
    await sql(`grant ${owner.name} to postgres`)
    expect(await status(project, here())).toMatchObject({ pending: 0 })
    await owner.drop()
  })

  test('a role that is made a member by one that could act as it anyway', async () => {
    const [owner, admin, migrating] = [
      await createRole(database.url),
      await createRole(database.url, 'createrole'),
      await createRole(database.url),
    ]
    for (const { name } of [owner, migrating])
      await sql(`grant create on schema public to ${name}; grant ${name} to ${admin.name} with admin option;
        do $$ begin execute format('grant create on database %I to ${name}', current_database()); end $$`)
    await run(project, databaseTarget(owner.url), { direction: 'up', target: 'head' })
    const statusOf = () => status(project, databaseTarget(migrating.url))
    await expect(statusOf()).rejects.toMatchObject({ code: 'BOOKKEEPING_UNTRUSTED' })
    await query(admin.url, `grant ${owner.name} to ${migrating.name}`)
    expect(await statusOf()).toMatchObject({ pending: 0 })
    await query(admin.url, `revoke ${owner.name} from ${migrating.name}`)
    for (const role of [owner, migrating, admin]) await role.drop()
  })

  test('the owner of the database', async () => {
    const owner = await createRole(database.url)
    await sql(
      `do $$ begin execute format('alter database %I owner to ${owner.name}', current_database()); end $$`,
    )
    await run(project, databaseTarget(owner.url), { direction: 'up', target: 'head' })
    expect(await status(project, here())).toMatchObject({ pending: 0 })
    await sql(
      `do $$ begin execute format('alter database %I owner to postgres', current_database()); end $$`,
    )
    await owner.drop()
  })
})

test('a view in place of a former journal is looked at closely where there is no other journal', async () => {
  await sql(`create table public.mikro_orm_migrations (${LEDGER}); create schema migrator;
    create view migrator.journal as select 1 as id`)
  const closer = [expect.objectContaining({ kind: 'kind', object: 'table migrator.journal' })]
  expect(await judge()).toEqual({ first: true, closer })
})
