import { briefly, createTestDatabase, type Prepare } from '@techfacts/postgres/testing'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { play, runShell } from './player.ts'
import { read } from './repository.ts'
import { ROOT } from '../root.ts'

/** Documents that are a story, with the database that each begins with. */
const PLAYED: readonly (readonly [document: string, prepare: Prepare])[] = [
  ['packages/migrator/README.md', migrateToHead],
  ['README.md', migrateToHead],
  ['docs/rollback.md', migrateToHead],
  ['docs/drift.md', migrateToHead],
  ['docs/locks.md', migrateToHead],
  ['docs/zero-downtime.md', migrateToHead],
  ['docs/adopt.md', runOldInitScript],
]

test.each(briefly(PLAYED, PLAYED.length))('%s prints what it says', async (document, prepare) => {
  await using database = await createTestDatabase({ prepare })
  const played = await play(await read(document), database.url)
  await expect(played).toMatchFileSnapshot(join(ROOT, document))
})

async function migrateToHead(url: string): Promise<void> {
  await runShell('pnpm migrate start', ROOT, { DATABASE_URL: url })
}

async function runOldInitScript(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(await read('packages/db/src/fixtures/generation-b.sql'))
  await client.end()
}
