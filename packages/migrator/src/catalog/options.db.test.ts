import { afterAll, expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { readCatalog, readMarker } from './index.ts'
import { connect, majorOf, say } from './tests/database.ts'

// What is of the database as a whole, or keeps it from being dropped: not in tests/changes, where
// all is made at once.

const database = await createTestDatabase()
const client = await connect(database.url)
const major = await majorOf(client)

afterAll(async () => {
  await client.end()
  await database.drop()
})

/** What a statement changes, which is undone again. */
async function differenceBy(
  sql: string,
  undo: string,
): Promise<{ seen: string[]; left: string[] }> {
  const [before, marker] = [await readCatalog(client), await readMarker(client)]
  await client.query(onDatabase(sql))
  const seen = say(await readCatalog(client), before)
  expect(await readMarker(client)).not.toBe(marker)
  for (const one of undo.split(';')) await client.query(onDatabase(one))
  return { seen, left: say(await readCatalog(client), before) }
}

function onDatabase(sql: string): string {
  return sql.replaceAll('$database', `"${new URL(database.url).pathname.slice(1)}"`)
}

test.each([
  ['comment', `comment on database $database is 'mine'`, 'comment on database $database is null'],
  [
    'grant',
    'grant create on database $database to pg_monitor',
    'revoke create on database $database from pg_monitor',
  ],
  [
    'revoke',
    'revoke connect on database $database from public',
    'grant connect on database $database to public',
  ],
])('%s on the database is seen', async (_, sql, undo) => {
  expect(await differenceBy(sql, undo)).toEqual({ seen: ['extra database database'], left: [] })
})

const SUBSCRIPTION_OPTIONS: [name: string, sql: string, undo: string, since?: number][] = [
  [
    'publications',
    'set publication p, q with (refresh = false)',
    'set publication p with (refresh = false)',
  ],
  ['binary', 'set (binary = on)', 'set (binary = off)'],
  ['streaming', 'set (streaming = on)', 'set (streaming = off)'],
  ['streaming in parallel', 'set (streaming = parallel)', 'set (streaming = off)', 16],
  ['disabling on error', 'set (disable_on_error = on)', 'set (disable_on_error = off)'],
  ['synchronous commit', 'set (synchronous_commit = local)', 'set (synchronous_commit = off)'],
  ['slot', 'set (slot_name = other)', 'set (slot_name = none)'],
]

test.each(SUBSCRIPTION_OPTIONS)('%s of a subscription: seen', async (_, sql, undo, since = 15) => {
  if (since > major) return
  await client.query(`create subscription s connection 'host=nowhere' publication p
    with (connect = false, slot_name = none, streaming = off)`)
  try {
    expect(
      await differenceBy(`alter subscription s ${sql}`, `alter subscription s ${undo}`),
    ).toEqual({
      seen: ['changed other subscription s: definition'],
      left: [],
    })
  } finally {
    await client.query('alter subscription s set (slot_name = none)')
    await client.query('drop subscription s')
  }
})

test('of an option that is a secret only the name is read', async () => {
  await client.query(`create foreign data wrapper w;
    create server s foreign data wrapper w options (host 'here', ssl_password 'hunter2')`)
  const text = JSON.stringify(await readCatalog(client))
  await client.query('drop foreign data wrapper w cascade')
  expect(text).toContain('host=here')
  expect(text).toContain('ssl_password=…')
  expect(text).not.toContain('hunter2')
})
