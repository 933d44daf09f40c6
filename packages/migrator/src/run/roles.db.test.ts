import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { readFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { startOwnServer } from '../testing/own-server.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { grantApplicationRole } from '../grant/roles.ts'
import { run } from './index.ts'

const PASSWORD = 'a "quoted" pass\'word $%/:@#'

let database: TestDatabase
let role: string
let project: Awaited<ReturnType<typeof sqlProject>>

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)
const grant = (password?: string) =>
  grantApplicationRole(databaseTarget(database.url), role, password)
const migrate = (direction: 'up' | 'down', target: string) =>
  run(project, databaseTarget(database.url), { direction, target, yes: true })

const app = (text: string) => query(asRole(), text)

function asRole(url = database.url): string {
  const own = new URL(url)
  own.username = role
  own.password = encodeURIComponent(PASSWORD)
  return own.href
}

beforeEach(async () => {
  database = await createTestDatabase()
  role = `role_${randomBytes(6).toString('hex')}`
  project = await sqlProject({
    Migration1: {
      up: `create table t (n int); create role ${role}_other password 'hunter2'`,
      down: `drop role ${role}_other; drop table t`,
    },
  })
})

afterEach(async () => {
  await sql(`drop role if exists ${role}_other`)
  await sql(`drop owned by ${role} cascade; drop role ${role}`).catch(() => {})
  await Promise.all([database.drop(), project.drop()])
})

/** What the role may do with the bookkeeping, by relation. */
async function rights(): Promise<Record<string, unknown>[]> {
  return sql(`select c.oid::regclass::text as relation, string_agg(p, ',' order by p) as rights
      from pg_class c cross join unnest(array['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) as p
     where (relnamespace::regnamespace::text ~ '^migrator' or relname = 'mikro_orm_migrations')
       and relkind = 'r' and has_table_privilege('${role}', c.oid, p)
     group by 1 order by 1`)
}

const READS_THE_LEDGER = [{ relation: 'mikro_orm_migrations', rights: 'SELECT' }]

describe('an application', () => {
  test('reads and writes tables, and of the bookkeeping only what the gate asks', async () => {
    await migrate('up', 'head')
    await grant(PASSWORD)
    await app('insert into t values (1)')
    expect(await app('select * from t')).toEqual([{ n: 1 }])
    expect(await rights()).toEqual(READS_THE_LEDGER)
    expect(
      await app(
        'select id, migration, event, final, checksum, phase, ledger from migrator.history',
      ),
    ).not.toEqual([])
    for (const text of [
      'select statements from migrator.history',
      'select definition from migrator.history',
      'select note from migrator.history',
      'select facts from migrator.history',
      'select * from migrator.catalogs',
      'select * from migrator_archive.entries',
      'delete from mikro_orm_migrations',
      `insert into mikro_orm_migrations (name) values ('x')`,
      'create table u (n int)',
      'create schema s',
    ]) {
      await expect(app(text)).rejects.toThrow(/permission denied|does not exist/)
    }
  })

  test('loses what an earlier grant gave it, and everybody', async () => {
    await migrate('up', 'head')
    await sql(`create role ${role} login;
      grant usage on schema migrator to ${role};
      grant select on all tables in schema migrator to ${role}, public;
      grant select, insert, update, delete on mikro_orm_migrations to ${role}, public;
      grant usage on sequence mikro_orm_migrations_id_seq to ${role}`)
    await grant()
    expect(await rights()).toEqual(READS_THE_LEDGER)
    expect(
      await sql(
        `select has_sequence_privilege('${role}', 'mikro_orm_migrations_id_seq', 'usage') as may`,
      ),
    ).toEqual([{ may: false }])
  })

  test('gets no ledger by default privileges either, before and after it is made again', async () => {
    await grant()
    await migrate('up', 'head')
    expect(await rights()).toEqual(READS_THE_LEDGER)
    await sql(`drop table mikro_orm_migrations; drop table t; drop role ${role}_other`)
    await migrate('up', 'head')
    expect(await rights()).toEqual(READS_THE_LEDGER)
    await sql(`insert into t values (1)`)
    expect(await sql(`select has_table_privilege('${role}', 't', 'insert') as may`)).toEqual([
      { may: true },
    ])
  })
})

describe('a role that can do more than an application is refused, and nothing is changed', () => {
  const cases: Readonly<Record<string, string>> = {
    'is a superuser': 'alter role ROLE superuser',
    'has CREATEROLE': 'alter role ROLE createrole',
    'has CREATEDB': 'alter role ROLE createdb',
    'has BYPASSRLS': 'alter role ROLE bypassrls',
    'has REPLICATION': 'alter role ROLE replication',
    'owns the schema owned': 'create schema owned authorization ROLE',
    'owns public.owned': 'create table owned (); alter table owned owner to ROLE',
    'owns public.seen': 'create view seen as select 1; alter view seen owner to ROLE',
    'owns the database': `do $$ begin execute format('alter database %I owner to ROLE', current_database()); end $$`,
    'reads or writes more': 'grant pg_read_all_data to ROLE',
    'has CREATEDB through another': 'create role ROLE_other createdb; grant ROLE_other to ROLE',
    'is a superuser through it': `do $$ begin execute format('grant %I to ROLE', current_user); end $$`,
  }

  test.each(briefly(Object.entries(cases)))('%s', async (reason, statement) => {
    await sql(`create role ${role} login`)
    await sql(statement.replaceAll('ROLE', role))
    const rights = `select count(*)::int as n from pg_class, aclexplode(relacl) where grantee = '${role}'::regrole and grantee <> relowner`
    const before = await sql(rights)
    const error = await grant(PASSWORD).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ROLE_TOO_POWERFUL', exit: 3 })
    expect(error).toMatchObject({
      message: expect.stringContaining(reason.split(' through ')[0] ?? ''),
    })
    expect(await sql(rights)).toEqual(before)
    expect(
      await sql(`select rolpassword is null as unset from pg_authid where rolname = '${role}'`),
    ).toEqual([{ unset: true }])
    await sql(
      `do $$ begin execute format('alter database %I owner to %I', current_database(), current_user); end $$`,
    )
  })

  test('a role of PostgreSQL itself', async () => {
    await expect(
      grantApplicationRole(databaseTarget(database.url), 'pg_monitor', undefined),
    ).rejects.toMatchObject({
      code: 'ROLE_TOO_POWERFUL',
      message: expect.stringContaining('belongs to PostgreSQL'),
    })
  })

  test('the role that migrates itself', async () => {
    const [me] = await sql('select current_user as name')
    await expect(
      grantApplicationRole(databaseTarget(database.url), String(me?.name), undefined),
    ).rejects.toMatchObject({ code: 'ROLE_TOO_POWERFUL', exit: 3 })
  })
})

describe('the password', () => {
  test('is a SCRAM verifier made here, with which the role logs in', async () => {
    await grant(PASSWORD)
    const [stored] = await sql(`select rolpassword from pg_authid where rolname = '${role}'`)
    expect(stored?.['rolpassword']).toMatch(/^SCRAM-SHA-256\$4096:[\w+/=]+\$[\w+/=]+:[\w+/=]+$/)
    expect(await query(asRole(), 'select current_user::text as me')).toEqual([{ me: role }])
    const wrong = new Client({ connectionString: asRole().replace('quoted', 'other') })
    await expect(wrong.connect()).rejects.toThrow(/password authentication failed/)
  })

  test('is in no log of the server, and in no statement that others see', async () => {
    const server = await startOwnServer({ log_statement: 'all', log_min_duration_statement: '0' })
    try {
      await grantApplicationRole(databaseTarget(server.url), role, PASSWORD)
      expect(await query(asRole(server.url), 'select 1 as one')).toEqual([{ one: 1 }])
      const log = await readFile(server.log, 'utf8')
      expect(log).toContain(`alter role "${role}" login password 'SCRAM-SHA-256$`)
      expect(log).not.toContain('quoted')
    } finally {
      await server.close()
    }
  })

  test.each(['', 'Grüße', 'tab\tulator', 'null\0byte', 'zero​width'])(
    'of %j is refused, and nothing is made',
    async (password) => {
      await expect(grant(password)).rejects.toMatchObject({ code: 'PASSWORD_UNUSABLE', exit: 2 })
      expect(await sql(`select from pg_roles where rolname = '${role}'`)).toEqual([])
    },
  )
})
