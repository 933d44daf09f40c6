import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { runEveryCommand } from '../testing/every-command.ts'
import { makeOverloads, namesUsedBy } from '../testing/overloads.ts'
import { recordStatements } from '../testing/record-statements.ts'
import { createRole } from '../testing/roles.ts'

test(
  'no function, operator, type or relation that the engine uses is called where a hostile role has one of its own in public',
  { tags: 'long' },
  async () => {
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
    expect(await makeOverloads(hostile.url, used)).toBeGreaterThan(1000)
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
  await makeOverloads(hostile.url, await namesUsedBy(texts))
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
