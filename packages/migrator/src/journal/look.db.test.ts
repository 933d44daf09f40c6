import { createTestDatabase } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMarker } from '../catalog/index.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { holdSession } from '../session/session.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { lookAtState, readLooked } from './look.ts'
import { readState } from './state.ts'

let project: Awaited<ReturnType<typeof sqlProject>>

beforeAll(async () => {
  project = await sqlProject({
    Migration1: { up: 'create table t (id int, v text)', down: 'drop table t' },
    Migration2: { up: `insert into t values (1, 'one')`, down: `delete from t` },
  })
})

afterAll(() => project.drop())

const TABLE = `odd "name" $& '<ledger>'`

const ofDatabase = (text: string) =>
  `do $$ begin execute format('${text}', current_database()); end $$`

/** What each row does before a session with the lock is opened; `seen`: whether its one message has read the state. */
const CASES: readonly (readonly [
  name: string,
  database: {
    readonly before?: string
    readonly steps: readonly ('up' | 'down')[]
    after?: string
  },
  seen: boolean,
])[] = [
  ['an applied project', { steps: ['up'] }, true],
  ['an archive', { steps: ['up', 'down', 'up'] }, true],
  [
    'a ledger on the search path, not in public',
    {
      before: `create schema app; ${ofDatabase('alter database %I set search_path = app')}`,
      steps: ['up'],
    },
    true,
  ],
  [
    'a session that is read only and repeatable read by default',
    {
      steps: ['up'],
      after: `${ofDatabase('alter database %I set default_transaction_isolation = serializable')};
        ${ofDatabase('alter database %I set default_transaction_read_only = on')}`,
    },
    true,
  ],
  [
    'backslashes that escape by default',
    { steps: ['up'], after: ofDatabase('alter database %I set standard_conforming_strings = off') },
    true,
  ],
  ['an empty database', { steps: [] }, true],
  ['a ledger without a journal', { steps: ['up'], after: 'drop schema migrator cascade' }, false],
  [
    'a journal without a ledger',
    { steps: ['up'], after: 'drop table mikro_orm_migrations' },
    false,
  ],
]

describe('in the message that takes the lock', () => {
  test.each(CASES)('%s is read as it is by one question after the other', async (_, made, seen) => {
    await using database = await createTestDatabase()
    if (made.before) await query(database.url, made.before)
    for (const direction of made.steps) {
      const target = direction === 'up' ? 'head' : 'base'
      const lose = direction === 'down' ? ({ yes: true } as const) : {}
      await run(project, databaseTarget(database.url), { direction, target, ...lose })
    }
    if (made.after) await query(database.url, made.after)
    const ledger = { table: 'mikro_orm_migrations' }
    await holdSession(
      databaseTarget(database.url),
      async ({ client, looked }) => {
        const found = readLooked(looked, ledger)
        expect(found !== undefined).toBe(seen)
        const asked = {
          state: await readState(client, ledger),
          changeMarker: await readMarker(client),
        }
        expect(found ?? asked).toEqual(asked)
      },
      lookAtState(ledger),
    )
  })

  test('the name of a ledger is a name, whatever is in it', async () => {
    await using database = await createTestDatabase()
    const quoted = `"${TABLE.replaceAll('"', '""')}"`
    await query(
      database.url,
      `create table ${quoted} (id serial primary key, name text, executed_at timestamptz default now())`,
    )
    const ledger = { schema: 'public', table: TABLE }
    await run({ ...project, ledger }, databaseTarget(database.url), {
      direction: 'up',
      target: 'head',
    })
    await holdSession(
      databaseTarget(database.url),
      async ({ client, looked }) => {
        const { state } = readLooked(looked, ledger) ?? {}
        expect(state ?? (await readState(client, ledger))).toEqual(await readState(client, ledger))
      },
      lookAtState(ledger),
    )
  })

  test('a journal that cannot be trusted is not read', async () => {
    await using database = await createTestDatabase()
    await run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
    await query(
      database.url,
      `create table public.read_by (who text);
       create function public.tell() returns int language sql as 'insert into public.read_by values (current_user); select 1';
       alter table migrator.history rename to kept;
       create view migrator.history as select * from migrator.kept where public.tell() = 1;
       comment on view migrator.history is 'Format 5'`,
    )
    const refused = run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
    await expect(refused).rejects.toMatchObject({ code: 'BOOKKEEPING_UNTRUSTED' })
    expect(await query(database.url, 'select from public.read_by')).toEqual([])
  })

  test('what was read before the lock was had is not believed', async () => {
    await using database = await createTestDatabase()
    await run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
    const look = lookAtState({ table: 'mikro_orm_migrations' })
    const looked = await holdSession(databaseTarget(database.url), ({ client }) => {
      const onEvent = () => void client.end()
      return holdSession(
        databaseTarget(database.url, { onEvent }),
        async (second) => second.looked,
        look,
      )
    })
    expect(looked).toBeUndefined()
  })
})
