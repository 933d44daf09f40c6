import { createTestDatabase, inTurn } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { runEveryCommand } from '../testing/every-command.ts'
import { makeOverloads, namesUsedBy, type UsedNames } from '../testing/overloads.ts'
import { recordStatements } from '../testing/record-statements.ts'
import { createRole } from '../testing/roles.ts'

/** What is overloaded: each makes thousands of objects, which every reading of the schema reads. */
const OVERLOADED: readonly (readonly [what: string, of: (used: UsedNames) => UsedNames])[] = [
  [
    'function',
    (used) => ({ ...used, operators: new Set(), types: new Set(), relations: new Set() }),
  ],
  ['operator, type or relation', (used) => ({ ...used, functions: new Map() })],
]

test.each(inTurn(OVERLOADED))(
  'no overload in public of any %s that the engine uses is called',
  async (_, of) => {
    await using model = await createTestDatabase()
    await using database = await createTestDatabase()
    const app = await createRole(model.url)
    const recording = recordStatements()
    const expected = await runEveryCommand(model.url, app.name).finally(recording.stop)
    const used = await namesUsedBy(recording.statements)
    expect([...used.functions.keys()]).toEqual(
      expect.arrayContaining(['format', 'regexp_replace', 'count']),
    )

    const hostile = await createRole(database.url)
    await query(database.url, `grant create, usage on schema public to ${hostile.name}`)
    const session = new Client({ connectionString: hostile.url })
    await session.connect()
    const made = await makeOverloads(session, of(used))
    await session.end()
    expect(made).toBeGreaterThan(1000)
    // Of a role without trust they would stop every run.
    await query(database.url, `grant ${hostile.name} to current_user`)

    const watched = recordStatements()
    const outcomes = await runEveryCommand(database.url, app.name).finally(watched.stop)
    const called = [...new Set(watched.notices.filter((notice) => notice.includes('HOSTILE')))]
    const recorded = await query(database.url, 'select distinct * from public.called')
    expect({ called, recorded, outcomes }).toEqual({ called: [], recorded: [], outcomes: expected })
    await query(model.url, `drop owned by ${app.name}`)
    await query(
      database.url,
      `drop owned by ${hostile.name}, ${app.name} cascade; drop role ${hostile.name}`,
    )
    await query(model.url, `drop role ${app.name}`)
  },
  600_000,
)

test('what is called on an open search path is noticed', async () => {
  await using database = await createTestDatabase()
  const hostile = await createRole(database.url)
  await query(database.url, `grant create, usage on schema public to ${hostile.name}`)
  const texts = [
    `select concat_ws(' ', 'a'::text, 1::bigint, 2::numeric, 3::bigint)`,
    `select regexp_replace('x'::varchar, 'x', 'y')`,
    `select format('%s', 'a'::name)`,
    `select count('a'::name)`,
    `select 'a'::varchar = 'b'::varchar`,
    `select 'a'::name in ('b'::varchar)`,
    `select 'a'::varchar like 'b'::varchar`,
    `select 3::smallint between 2::bigint and 3::oid`,
    `select 'a'::varchar || 'b'::varchar`,
    `table nobody_made_this`,
  ]
  const session = new Client({ connectionString: hostile.url })
  await session.connect()
  await makeOverloads(session, await namesUsedBy(texts))
  await session.end()
  const missed: string[] = []
  for (const text of texts) {
    await query(database.url, 'delete from public.called')
    await query(database.url, text)
    const called = await query(database.url, 'select from public.called')
    if (called.length === 0) missed.push(text)
  }
  expect(missed).toEqual([])
  await hostile.drop()
})
