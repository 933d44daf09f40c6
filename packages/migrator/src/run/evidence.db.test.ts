import { createTestDatabase, inTurn, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import type { Project } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import type { RunEvent } from '../events.ts'
import { query } from '../testing/query.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { run } from './index.ts'

let database: TestDatabase
const projects: { drop(): Promise<void> }[] = []

beforeEach(async () => {
  database = await createTestDatabase()
  await query(database.url, PREPARE)
})

afterEach(async () => {
  await Promise.all([database.drop(), ...projects.splice(0).map((project) => project.drop())])
})

const sql = (text: string) => query(database.url, text)

/** Two tenants with tables of the same names; and a server that ends whoever begins to change one. */
const PREPARE = `
  create schema tenant_b;
  create table public.orders (x int); create table tenant_b.orders (x int);
  create table tenant_b.log (at int) partition by range (at);
  create table tenant_b.log_1 partition of tenant_b.log for values from (0) to (10);
  create table public.armed (tag text);
  create function public.interrupt() returns event_trigger language plpgsql security definer as $$
    begin
      perform pg_terminate_backend(pg_backend_pid()) from public.armed
       where armed.tag = tg_tag and current_query() like '%concurrently%';
      if found then perform pg_sleep(5); end if;
    end $$;
  create event trigger interrupts on ddl_command_start execute function public.interrupt()`

async function projectOf(up: SqlMigration['up'], down?: string): Promise<Project> {
  const project = await sqlProject({ Migration1: { up, ...(down !== undefined && { down }) } })
  projects.push(project)
  return project
}

/** Goes up; returns what was recovered, or the code of the error. */
async function up(project: Project, url = database.url): Promise<string[]> {
  const events: RunEvent[] = []
  const database = databaseTarget(url, { onEvent: (event) => events.push(event) })
  try {
    await run(project, database, { direction: 'up', target: 'head', drift: 'ignore' })
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
    return [`${error.code} ${error.exit}`]
  }
  return events.flatMap((event) => (event.type === 'recovered' ? [event.how] : []))
}

/** A run that the server ends each time that it gets to a statement of that tag. */
async function interrupt(project: Project, tag: string): Promise<void> {
  await sql(`insert into armed values ('${tag}')`)
  expect(await up(project)).toEqual(['SESSION_LOST 1'])
  await sql('delete from armed')
}

const AGAIN = ['it had not taken effect and will run again']
const IN_DOUBT = ['IN_DOUBT 6']

/** How a migration may say where its names are found. */
const WAYS = inTurn([
  'set search_path to tenant_b',
  `select set_config('search_path', 'tenant_b', false)`,
  `do $$ begin perform set_config('search_path', 'tenant_b', false); end $$`,
])

const indexes = () =>
  sql(`select indexrelid::regclass::text as index, indisvalid as valid from pg_index
        where indrelid in ('public.orders'::regclass, 'tenant_b.orders'::regclass) order by 1`)

test.each(briefly(WAYS))(
  'an index of another schema is no proof that one was built: %s',
  async (way) => {
    await sql('create index idx on public.orders (x)')
    const project = await projectOf(`${way}; create index concurrently idx on orders (x)`)
    await interrupt(project, 'CREATE INDEX')
    expect(await up(project)).toEqual(AGAIN)
    expect(await indexes()).toEqual([
      { index: 'idx', valid: true },
      { index: 'tenant_b.idx', valid: true },
    ])
  },
)

test.each(briefly(WAYS))(
  'that the default path finds no index is no proof that it went: %s',
  async (way) => {
    await sql('create index idx on tenant_b.orders (x)')
    const project = await projectOf(`${way}; drop index concurrently idx`)
    await interrupt(project, 'DROP INDEX')
    expect(await up(project)).toEqual(AGAIN)
    expect(await indexes()).toEqual([])
  },
)

test.each(briefly(WAYS))('nor that a partition was detached: %s', async (way) => {
  const project = await projectOf(`${way}; alter table log detach partition log_1 concurrently`)
  await interrupt(project, 'ALTER TABLE')
  expect(await up(project)).toEqual(AGAIN)
  expect(await sql('select from pg_inherits')).toEqual([])
})

test('an index under a name of the search path is not taken for one of the table', async () => {
  await sql('create table tenant_b.others (x int); create index idx on tenant_b.others (x)')
  const project = await projectOf(
    'set search_path to tenant_b, public; create index concurrently idx on public.orders (x)',
  )
  await interrupt(project, 'CREATE INDEX')
  expect(await up(project)).toEqual(AGAIN)
  expect(await indexes()).toEqual([{ index: 'idx', valid: true }])
})

test.each(
  inTurn([
    [
      'its table is another one now',
      'drop table public.orders; create table public.orders (x int)',
    ],
    [
      'its index is that of another table now',
      'create table public.others (x int); create index idx on public.others (x)',
    ],
  ]),
)('what cannot be told is in doubt: %s', async (_, text) => {
  const project = await projectOf('create index concurrently idx on orders (x)')
  await interrupt(project, 'CREATE INDEX')
  await sql(text)
  expect(await up(project)).toEqual(IN_DOUBT)
})

test('a partition that has gone is in doubt', async () => {
  const project = await projectOf(
    'alter table tenant_b.log detach partition tenant_b.log_1 concurrently',
  )
  await interrupt(project, 'ALTER TABLE')
  await sql('drop table tenant_b.log_1')
  expect(await up(project)).toEqual(IN_DOUBT)
})

test('what a copy of the database says of the original is in doubt', async () => {
  const project = await projectOf('create index concurrently idx on orders (x)')
  await interrupt(project, 'CREATE INDEX')
  const copy = new URL(database.url)
  copy.pathname = `${copy.pathname}_copy`
  const name = copy.pathname.slice(1)
  await using server = await createTestDatabase()
  await query(
    server.url,
    `create database ${name} template ${new URL(database.url).pathname.slice(1)}`,
  )
  try {
    expect(await up(project, copy.href)).toEqual(IN_DOUBT)
  } finally {
    await query(server.url, `drop database ${name}`)
  }
})

/** As an older release has it. */
const withoutEvidence = () =>
  sql(`alter table migrator.history disable trigger append_only;
       update migrator.history set facts = null;
       alter table migrator.history enable trigger append_only`)

test('without evidence a name that may mean several things is in doubt', async () => {
  const project = await projectOf('create index concurrently idx on orders (x)')
  await interrupt(project, 'CREATE INDEX')
  await withoutEvidence()
  expect(await up(project)).toEqual(IN_DOUBT)
})

test('without evidence an index without a schema that is not there is in doubt', async () => {
  await sql('create index idx on public.orders (x)')
  const project = await projectOf('drop index concurrently idx')
  await interrupt(project, 'DROP INDEX')
  await sql('drop index idx')
  await withoutEvidence()
  expect(await up(project)).toEqual(IN_DOUBT)
})

test('without evidence a name with a schema means what it says', async () => {
  const project = await projectOf('create index concurrently idx on tenant_b.orders (x)')
  await interrupt(project, 'CREATE INDEX')
  await withoutEvidence()
  expect(await up(project)).toEqual(AGAIN)
  expect(await indexes()).toEqual([{ index: 'tenant_b.idx', valid: true }])
})

test('what was built as another role is completed as that role', async () => {
  const role = `evidence_${process.pid}`
  await sql(`create role ${role}; grant all on schema tenant_b to ${role}`)
  try {
    const project = await projectOf(
      `set role ${role}; set search_path to tenant_b; create table mine (x int);
       create index concurrently idx on mine (x); create table later (x int)`,
    )
    await interrupt(project, 'CREATE INDEX')
    expect(await up(project)).toEqual(AGAIN)
    const owned = await sql(
      `select oid::regclass::text as name from pg_class where relowner = '${role}'::regrole order by 1`,
    )
    expect(owned.map(({ name }) => name)).toEqual([
      'tenant_b.idx',
      'tenant_b.later',
      'tenant_b.mine',
    ])
  } finally {
    await sql(`drop owned by ${role}; drop role ${role}`)
  }
})
