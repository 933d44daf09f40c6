import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MigratorError, type ErrorCode } from '../errors/index.ts'
import {
  check,
  databaseTarget,
  findBookkeepingIssues,
  grantApplicationRole,
  history,
  listArchive,
  preview,
  repair,
  run,
  status,
  type DatabaseTarget,
} from '../index.ts'
import { readCatalogOf } from '../drift/application-catalog.ts'
import { resolveInDoubt } from '../repair/resolve.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { toldBy } from '../testing/told.ts'

/**
 * Conditions that a database or a server may be in, against every command: whatever PostgreSQL refuses ends in a code of
 * the catalogue, its exit code and what to do, and no password is said. Nothing reaches the caller unexplained.
 */

type Project = Awaited<ReturnType<typeof sqlProject>>

let database: TestDatabase
let project: Project
let role: string

const MIGRATIONS = {
  Migration1: { up: 'create table a (n int)', down: 'drop table a' },
  Migration2: { up: 'create table b (n int)', down: 'drop table b' },
}

beforeEach(async () => {
  database = await createTestDatabase()
  project = await sqlProject(MIGRATIONS)
  role = `guest_${new URL(database.url).pathname.slice(-12)}`
  await query(database.url, `create role ${role} login password 's3cret'`)
})

afterEach(async () => {
  await query(database.url, `drop owned by ${role}; drop role ${role}`).catch(() => {})
  await Promise.all([database.drop(), project.drop()])
})

function asGuest(): string {
  const url = new URL(database.url)
  url.username = role
  url.password = 's3cret'
  return url.href
}

const COMMANDS: Readonly<Record<string, (url: DatabaseTarget) => Promise<unknown>>> = {
  up: (to) => run(project, to, { direction: 'up', target: 'head' }),
  down: (to) => run(project, to, { direction: 'down', target: 'base', yes: true }),
  status: (to) => status(project, to),
  history: (to) => history(project, to),
  plan: (to) => preview(project, to, { direction: 'up', target: 'head' }),
  check: (to) => check(project, to),
  issues: (to) => findBookkeepingIssues(project, to),
  archive: (to) => listArchive(project, to),
  repair: (to) =>
    repair(project, to, { migration: 'Migration1', record: 'checksum', reason: 'tried' }),
  resolve: (to) => resolveInDoubt(project, to, 'Migration1', true),
  grant: (to) => grantApplicationRole(to, 'postgres', undefined),
  diff: (to) => readCatalogOf(to, project),
}

interface Told {
  readonly code: string
  readonly exit: number
  readonly said: string
}

/** What each command says; `done` where it has nothing to say. An error that is none of the catalogue fails the test. */
async function askAll(url: string, names = Object.keys(COMMANDS)): Promise<Record<string, Told>> {
  const told: Record<string, Told> = {}
  for (const name of names) {
    const command = COMMANDS[name] ?? (() => Promise.reject(new Error(name)))
    told[name] = await command(databaseTarget(url)).then(
      () => ({ code: 'done', exit: 0, said: '' }),
      (error: unknown) => {
        if (!(error instanceof MigratorError)) throw new Error(name, { cause: error })
        const said = `${toldBy(error)}\n${JSON.stringify(error)}`
        expect(said).not.toContain('s3cret')
        return { code: error.code, exit: error.exit, said }
      },
    )
  }
  return told
}

/** The commands that did not end in this code, or did not say these words: with what they said. */
function unlike(
  told: Record<string, Told>,
  names: readonly string[],
  [code, exit]: readonly [ErrorCode, number],
  words: RegExp,
): unknown[] {
  const others = names.filter((name) => {
    const { code: found, exit: ended, said = '' } = told[name] ?? {}
    return found !== code || ended !== exit || !words.test(said)
  })
  return others.map((name) => [name, told[name]])
}

const ALL = Object.keys(COMMANDS)

describe('no way in', () => {
  test('too many connections', async () => {
    await query(database.url, `alter role ${role} connection limit 0`)
    const told = await askAll(asGuest())
    expect(
      unlike(told, ALL, ['TOO_MANY_CONNECTIONS', 1], /too many connections for role[\s\S]*--wait/),
    ).toEqual([])
  })

  test('a database that takes no connections', async () => {
    const { pathname } = new URL(database.url)
    const admin = new URL(database.url)
    admin.pathname = '/postgres'
    await query(admin.href, `alter database "${pathname.slice(1)}" allow_connections false`)
    const told = await askAll(database.url)
    expect(
      unlike(told, ALL, ['DATABASE_CLOSED', 2], /not currently accepting connections/),
    ).toEqual([])
  })

  test('a role that may not connect', async () => {
    const name = new URL(database.url).pathname.slice(1)
    await query(database.url, `revoke connect on database "${name}" from public`)
    const told = await askAll(asGuest())
    expect(
      unlike(told, ALL, ['LOGIN_REFUSED', 2], /grant connect on database .*techfacts.* to .*guest/),
    ).toEqual([])
  })

  test('a role that may not log in, one that is not there, a wrong password, none', async () => {
    const wrong = asGuest().replace('s3cret', 's3cret-not')
    expect(unlike(await askAll(wrong), ALL, ['LOGIN_REFUSED', 2], /password/)).toEqual([])
    const none = asGuest().replace(':s3cret', '')
    const asked = /asks for a password, and none was given\. Add one to .*PGPASSWORD/
    expect(unlike(await askAll(none), ALL, ['LOGIN_REFUSED', 2], asked)).toEqual([])
    await query(database.url, `alter role ${role} nologin`)
    expect(
      unlike(await askAll(asGuest()), ALL, ['LOGIN_REFUSED', 2], /not permitted to log in/),
    ).toEqual([])
    const nobody = asGuest().replace(role, 'nobody_at_all')
    expect(unlike(await askAll(nobody), ALL, ['LOGIN_REFUSED', 2], /nobody_at_all/)).toEqual([])
  })

  test('a server without encryption, where the URL asks for it', async () => {
    const url = `${database.url}?sslmode=verify-full`
    expect(
      unlike(await askAll(url), ALL, ['TLS_FAILED', 2], /does not support SSL.*sslmode=disable/),
    ).toEqual([])
  })

  test.each([
    ['that the server does not know', 'nonsense=1', /nonsense/],
    ['that is a superuser’s', 'log_statement=all', /permission denied to set/],
    ['with a wrong value', 'work_mem=lots', /work_mem/],
    ['that is a role of others', 'role=postgres', /permission denied to set role/],
  ])('a setting in the URL %s', async (_, setting, words) => {
    const url = `${asGuest()}?options=${encodeURIComponent(`-c ${setting}`)}`
    const told = await askAll(url)
    const advised = new RegExp(`${words.source}.*correct .*options.* in .*or PGOPTIONS`, 's')
    expect(unlike(told, ALL, ['LOGIN_REFUSED', 2], advised)).toEqual([])
    expect(told.up?.said).not.toContain('grant connect')
  })

  test('an event trigger that refuses the login', async () => {
    const version = await query<{ of: number }>(
      database.url,
      `select current_setting('server_version_num')::int as of`,
    )
    // PostgreSQL 17 has made them.
    if ((version[0]?.of ?? 0) < 170_000) return
    await query(
      database.url,
      `create table visits (n int); create function visit() returns event_trigger language plpgsql as $$ begin insert into visits values (1); end $$;
       create event trigger visit on login execute function visit()`,
    )
    const words = /visits.*an event trigger.*at each login.*event_triggers%3Doff/is
    expect(unlike(await askAll(asGuest()), ALL, ['LOGIN_REFUSED', 2], words)).toEqual([])
  })

  test('a socket that is not there', async () => {
    const url = 'postgresql://user@/db?host=/nowhere&port=6543'
    const said = /\/nowhere\/\.s\.PGSQL\.6543 \(there is no such socket/
    expect(unlike(await askAll(url), ALL, ['SERVER_UNREACHABLE', 1], said)).toEqual([])
  })
})

/** Those that look at the ledger. */
const READERS = ['up', 'down', 'status', 'plan', 'check', 'issues', 'archive', 'repair', 'resolve']

describe('rights', () => {
  test('a role that may not create is told what to grant', async () => {
    const told = await askAll(asGuest())
    expect(
      unlike(told, ['up'], ['PRIVILEGE_MISSING', 2], /creating the schema "migrator"/),
    ).toEqual([])
    expect(told.up?.said).toMatch(
      /as its owner or a superuser, run: grant create on database "techfacts.*" to "guest/,
    )
  })

  test('a role that may not read the bookkeeping', async () => {
    await run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
    const told = await askAll(asGuest())
    expect(
      unlike(
        told,
        READERS,
        ['PRIVILEGE_MISSING', 2],
        /they belong to postgres\. Connect as postgres\./,
      ),
    ).toEqual([])
  })

  test('a role that may read the bookkeeping, and not write it', async () => {
    await run(project, databaseTarget(database.url), { direction: 'up', target: 'Migration1' })
    await query(
      database.url,
      `grant usage on schema migrator to ${role}; grant select on all tables in schema migrator to ${role};
       grant select on mikro_orm_migrations to ${role}`,
    )
    const told = await askAll(asGuest(), ['up', 'down'])
    expect(
      unlike(
        told,
        ['up', 'down'],
        ['PRIVILEGE_MISSING', 2],
        /they belong to postgres\. Connect as postgres\./,
      ),
    ).toEqual([])
  })

  test('a statement of the migration that its role may not run', async () => {
    await query(database.url, `create table a (n int); grant create on schema public to ${role}`)
    const name = new URL(database.url).pathname.slice(1)
    await query(database.url, `grant create on database "${name}" to ${role}`)
    const altering = await sqlProject({ Migration1: { up: 'alter table a add m int' } })
    const ended = run(altering, databaseTarget(asGuest()), { direction: 'up', target: 'head' })
    await expect(ended).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      postgres: { sqlstate: '42501', message: 'must be owner of table a' },
      next: [{ sql: `alter table "a" owner to "${role}"` }, {}],
    })
    await altering.drop()
  })
})

describe('bookkeeping that is not ours', () => {
  test('a ledger with other columns', async () => {
    await query(database.url, 'create table mikro_orm_migrations (version text)')
    const told = await askAll(database.url, READERS)
    expect(
      unlike(told, READERS, ['BOOKKEEPING_UNUSABLE', 6], /mikro_orm_migrations.*columns id, name/),
    ).toEqual([])
  })

  test('a ledger with a column that must be given', async () => {
    await query(
      database.url,
      'create table mikro_orm_migrations (id serial primary key, name text, executed_at timestamptz default now(), batch int not null)',
    )
    const told = await askAll(database.url, ['up'])
    expect(unlike(told, ['up'], ['BOOKKEEPING_UNUSABLE', 6], /"?batch.*violates not-null/)).toEqual(
      [],
    )
  })

  test('a journal with other columns', async () => {
    await run(project, databaseTarget(database.url), { direction: 'up', target: 'Migration1' })
    await query(database.url, 'alter table migrator.history rename column facts to fact')
    const told = await askAll(database.url, READERS)
    expect(
      unlike(told, READERS, ['BOOKKEEPING_UNUSABLE', 6], /reading ledger and journal.*facts/),
    ).toEqual([])
  })

  test.each([
    ['at its end', 2_147_483_647, /at its end/, false],
    ['at its end, with nothing applied', 2_147_483_647, /at its end/, true],
    ['behind its ids', 1, /behind the ids/, false],
  ])('a sequence of the ledger that is %s', async (_, value, words, isEmpty) => {
    await run(project, databaseTarget(database.url), { direction: 'up', target: 'Migration1' })
    if (isEmpty) await askAll(database.url, ['down'])
    await query(
      database.url,
      `update mikro_orm_migrations set id = 2; select setval('mikro_orm_migrations_id_seq', ${value})`,
    )
    const told = await askAll(database.url, ['up'])
    expect(unlike(told, ['up'], ['BOOKKEEPING_UNUSABLE', 6], words)).toEqual([])
    expect(
      unlike(told, ['up'], ['BOOKKEEPING_UNUSABLE', 6], /select setval\(pg_get_serial_sequence/),
    ).toEqual([])
    // What it says to run is what helps.
    const [command = ''] =
      /select setval\(.*?mikro_orm_migrations\\?"\)\)/.exec(told.up?.said ?? '') ?? []
    await query(database.url, command.replaceAll('\\"', '"'))
    expect((await askAll(database.url, ['up'])).up?.code).toBe('done')
  })
})

test('an encoding that lacks a character of the migration', async () => {
  const latin = `latin_${role}`
  await query(
    database.url,
    `create database ${latin} encoding 'LATIN1' locale 'C' template template0`,
  )
  const url = new URL(database.url)
  url.pathname = `/${latin}`
  const arrows = await sqlProject({ Migration1: { up: `create table a (n text default '→')` } })
  try {
    const ended = run(arrows, databaseTarget(url.href), { direction: 'up', target: 'head' })
    await expect(ended).rejects.toMatchObject({ code: 'ENCODING_UNUSABLE', exit: 2 })
    await expect(ended).rejects.toThrow(/LATIN1/)
  } finally {
    await arrows.drop()
    await query(database.url, `drop database ${latin}`)
  }
})

test('a session that is ended while a command works', async () => {
  const ending = await sqlProject({
    Migration1: { up: 'select pg_terminate_backend(pg_backend_pid())' },
  })
  const ended = run(ending, databaseTarget(database.url), { direction: 'up', target: 'head' })
  await expect(ended).rejects.toMatchObject({
    code: 'SESSION_LOST',
    exit: 1,
    postgres: { sqlstate: '57P01' },
  })
  await ending.drop()
})

describe('an event trigger of the database', () => {
  const BODIES: Readonly<Record<string, string>> = {
    'that looks for its table on the path': 'insert into made values (now())',
    'that forbids changes': `raise exception 'no changes today'`,
    'that is broken': 'perform 1 / 0',
  }

  test.each(briefly(Object.entries(BODIES)))(
    '%s is named, and how to go on without it',
    async (_, body) => {
      await query(
        database.url,
        `create table public.made (at timestamptz);
       create function public."it's on" () returns event_trigger language plpgsql as $f$ begin ${body}; end $f$;
       create event trigger watch on ddl_command_end execute function public."it's on" ()`,
      )
      const { up } = await askAll(database.url, ['up'])
      expect(up).toMatchObject({
        code: 'FUNCTION_FAILED',
        exit: 1,
        said: expect.stringMatching(/function public\."it's on"\(\) of this database failed while/),
      })
      // What it says to ask finds it.
      const [ask = ''] = /select evtname from .*?::regprocedure/.exec(up?.said ?? '') ?? []
      expect(await query(database.url, ask)).toEqual([{ evtname: 'watch' }])
      await query(database.url, 'alter event trigger watch disable')
      expect((await askAll(database.url, ['up'])).up?.code).toBe('done')
    },
  )
})
