import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { status } from '../inspect/status.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { toldBy } from '../testing/told.ts'

let database: TestDatabase
let owner: TestRole
let other: TestRole
let project: Awaited<ReturnType<typeof sqlProject>>

const sql = (text: string) => query<Record<string, string>>(database.url, text)
const ofDatabase = (text: string) =>
  sql(`do $$ begin execute format('${text}', current_database()); end $$`)
const up = (url: string, target = 'head') =>
  run(project, databaseTarget(url), { direction: 'up', target })
const down = (url: string, target: string) =>
  run(project, databaseTarget(url), { direction: 'down', target, yes: true })

beforeEach(async () => {
  database = await createTestDatabase()
  owner = await createRole(database.url)
  other = await createRole(database.url)
  project = await sqlProject({
    Migration1: {
      up: 'create table one (n int); insert into one values (1)',
      down: 'drop table one',
    },
    Migration2: { up: 'create table two (n int)', down: 'drop table two' },
  })
})

afterEach(async () => {
  await ofDatabase('alter database %I owner to postgres')
  // What a role has granted goes with it, or its membership keeps another.
  await owner.drop()
  await other.drop()
  await Promise.all([database.drop(), project.drop()])
})

/** Who owns any part of the bookkeeping. */
async function owners(): Promise<string[]> {
  const rows = await sql(`
    select distinct pg_get_userbyid(owner) as name from (
      select nspowner from pg_namespace where nspname ~ '^migrator'
      union all select relowner from pg_class where relnamespace::regnamespace::text ~ '^migrator'
      union all select relowner from pg_class where oid = 'mikro_orm_migrations'::regclass
      union all select proowner from pg_proc where pronamespace::regnamespace::text ~ '^migrator') as t (owner)`)
  return rows.map(({ name = '' }) => name)
}

/** The error of a run that lacks a privilege. */
async function refusal(work: Promise<unknown>): Promise<MigratorError> {
  const error = await work.then(
    () => new Error('It was not refused.'),
    (caught: unknown) => caught,
  )
  if (error instanceof MigratorError) return error
  throw error
}

/** Sequences of the bookkeeping that another role than the owner may write. */
async function writableSequences(): Promise<string[]> {
  const rows = await sql(`
    select oid::regclass::text as name from pg_class cross join aclexplode(relacl)
     where relkind = 'S' and grantee <> relowner and privilege_type <> 'SELECT'
       and (relnamespace::regnamespace::text ~ '^migrator' or oid::regclass::text ~ '^mikro_orm')`)
  return rows.map(({ name = '' }) => name)
}

const statementsOf = ({ details }: MigratorError) => (details['run'] as string[]).join(';\n')

test('what a superuser makes in between belongs to the usual owner', async () => {
  await ofDatabase(`alter database %I owner to ${owner.name}`)
  await up(owner.url)
  await sql('insert into two values (1), (2)')
  await down(database.url, 'Migration1')
  expect(await sql('select "table", rows from migrator_archive.entries')).toEqual([
    { table: 'two', rows: '2' },
  ])
  expect(await owners()).toEqual([owner.name])
  await up(owner.url)
  expect(await sql('select * from two order by n')).toEqual([{ n: 1 }, { n: 2 }])
  await down(owner.url, 'base')
  expect(await owners()).toEqual([owner.name])
})

test('what a member of the owner makes belongs to the owner', { tags: 'long' }, async () => {
  await ofDatabase(`grant create on database %I to ${owner.name}, ${other.name}`)
  await sql(`grant create on schema public to ${owner.name}; grant ${owner.name} to ${other.name}`)
  await up(owner.url)
  await down(other.url, 'base')
  expect(await owners()).toEqual([owner.name])
  await up(owner.url)
  expect(await status(project, databaseTarget(other.url))).toMatchObject({ pending: 0 })
})

test('a ledger that another tool has made keeps its owner, and gives it the journal', async () => {
  await ofDatabase(`alter database %I owner to ${owner.name}`)
  await query(
    owner.url,
    'create table mikro_orm_migrations (id serial primary key, name varchar(255), executed_at timestamptz default now())',
  )
  await up(database.url)
  expect(await owners()).toEqual([owner.name])
})

test('a role without rights is told which GRANT it needs', async () => {
  await ofDatabase(`alter database %I owner to ${owner.name}`)
  await up(owner.url, 'Migration1')
  const error = await refusal(up(other.url))
  expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', exit: 2 })
  expect(statementsOf(error)).toBe(`grant ${owner.name} to ${other.name}`)
  expect(toldBy(error)).toContain(`grant ${owner.name} to ${other.name}`)
  expect(await refusal(status(project, databaseTarget(other.url)))).toMatchObject({
    code: 'PRIVILEGE_MISSING',
  })
  await sql(statementsOf(error))
  await up(other.url)
  expect(await owners()).toEqual([owner.name])
})

test('a role that may only read is told so before anything runs', async () => {
  await ofDatabase(`alter database %I owner to ${owner.name}`)
  await up(owner.url, 'Migration1')
  await sql(`grant usage on schema migrator to ${other.name};
    grant select on all tables in schema migrator, public to ${other.name};
    grant create on schema public to ${other.name}`)
  expect(await status(project, databaseTarget(other.url))).toMatchObject({ pending: 1 })
  expect(await refusal(up(other.url))).toMatchObject({ code: 'PRIVILEGE_MISSING' })
  expect(await sql(`select to_regclass('two') as two`)).toEqual([{ two: null }])
})

test('what a superuser made first is handed over by the statements that the owner is told', async () => {
  await ofDatabase(`alter database %I owner to ${owner.name}`)
  await up(database.url)
  await down(database.url, 'base')
  const error = await refusal(up(owner.url))
  expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', exit: 2 })
  expect(statementsOf(error)).toContain(`alter schema migrator owner to ${owner.name}`)
  expect(statementsOf(error)).not.toMatch(/^grant/m)
  await sql(statementsOf(error))
  await up(owner.url)
  expect(await owners()).toEqual([owner.name])
})

test('a role that may not create is told which GRANTs it needs', async () => {
  const error = await refusal(up(other.url))
  expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', exit: 2 })
  await sql(statementsOf(error))
  await up(other.url)
  expect(await owners()).toEqual([other.name])
})

test('default privileges open the bookkeeping to nobody', async () => {
  await sql(`alter default privileges grant all on tables to ${other.name};
    alter default privileges grant all on schemas to ${other.name};
    alter default privileges grant all on sequences to public`)
  await up(database.url)
  await down(database.url, 'base')
  await expect(query(other.url, 'select * from migrator_archive.entries')).rejects.toThrow(
    /permission denied/,
  )
  await expect(
    query(
      other.url,
      `insert into migrator.history (run, event) values (gen_random_uuid(), 'done')`,
    ),
  ).rejects.toThrow(/permission denied/)
  expect(await writableSequences()).toEqual([])
  expect(await up(database.url)).toMatchObject({ direction: 'up' })
  await sql(`alter default privileges revoke all on sequences from public`)
})
