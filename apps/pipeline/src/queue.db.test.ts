import { createTestDatabase } from '@techfacts/postgres/testing'
import { PgBoss } from 'pg-boss'
import { expect, test } from 'vitest'
import { EXTRACT, EXTRACT_DEAD } from './queue.ts'
import { asApplication, head } from './testing/database.ts'

test('the migrations install the schema and the queues that this pg-boss expects', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const boss = new PgBoss({
    connectionString: asApplication(database.url),
    migrate: false,
    schedule: false,
  })
  // A connection that its database takes with it is no failure of this test.
  boss.on('error', () => {})
  await boss.start() // fails where the installed version is another one
  try {
    expect(await boss.detectSchemaDrift()).toMatchObject({ ok: true, extraIndexes: [] })
    const queues = await boss.getQueues()
    expect(queues.map(({ name }) => name)).toEqual([EXTRACT, EXTRACT_DEAD])
    expect(queues[0]).toMatchObject({
      deadLetter: EXTRACT_DEAD,
      retryBackoff: true,
      heartbeatSeconds: 10,
    })
  } finally {
    await boss.stop()
  }
})
