import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let database: TestDatabase
let project: ScratchProject
let blocker: Client

beforeAll(async () => {
  project = await scratchProject({
    Migration1_a: { up: ['alter table a add column m int'], down: ['alter table a drop column m'] },
  })
  database = await createTestDatabase()
  await query(database.url, 'create table a (n int)')
  blocker = new Client({ connectionString: database.url, application_name: 'forgotten' })
  blocker.on('error', () => {})
  await blocker.connect()
  await blocker.query('begin; select from a')
})

afterAll(async () => {
  await blocker.end().catch(() => {})
  await Promise.all([database.drop(), project.drop()])
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

test('exit 7 names who is in the way; --cancel-blockers ends them, and the journal says so', async () => {
  const blocked = await run('up', '--lock-budget', '1')
  expect([blocked.exit, blocked.stderr]).toEqual([
    7,
    expect.stringMatching(
      /Migration1_a, segment 1, got no lock in \d tr(?:y|ies) over \d s\. Blockers:\n {2}pid \d+, forgotten, \w+, idle in transaction for /,
    ),
  ])
  const applied = await run('up', '--cancel-blockers', 'idle-in-transaction:500ms')
  expect([applied.exit, applied.stderr]).toEqual([
    0,
    expect.stringMatching(/ended the session that stood in the way: pid \d+, forgotten/),
  ])
  expect((await run('history')).stdout).toMatch(/blocker-ended.*forgotten/)
})
