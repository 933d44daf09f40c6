import { createTestDatabase } from '@techfacts/postgres/testing'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { play, runShell } from './player.ts'
import { read, ROOT } from './repository.ts'

/** Documents that are a story: each is played on a database at head, and must print what it says. */
const PLAYED = [
  'README.md',
  'docs/rollback.md',
  'docs/drift.md',
  'docs/locks.md',
  'packages/migrator/README.md',
]

test.each(PLAYED)('%s prints what it says', async (document) => {
  await using database = await createTestDatabase({ prepare: migrateToHead })
  const played = await play(await read(document), database.url)
  await expect(played).toMatchFileSnapshot(join(ROOT, document))
})

async function migrateToHead(url: string): Promise<void> {
  await runShell('pnpm migrate start', ROOT, { DATABASE_URL: url })
}
