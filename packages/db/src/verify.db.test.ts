import { databaseTarget } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { findRelease, verify } from '@techfacts/migrator/testing'
import { createTestDatabase, onEveryMajor, isSoak } from '@techfacts/postgres/testing'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { migrationNames } from './migration-names.ts'

const project = mikroOrmProject(fileURLToPath(new URL('mikro-orm.config.ts', import.meta.url)))

/** In the soak all of them, in `.ci/run` the newest three, in `pnpm test` the newest. */
const chosen = isSoak ? migrationNames : migrationNames.slice(onEveryMajor ? -3 : -1)

test('the migrations do what they say: up, down and up again, with rows in each table; the recorded release works on', async () => {
  await using server = await createTestDatabase()
  const previous = await findRelease(project, true)
  expect(previous.queries?.length).toBeGreaterThan(30)
  const started = performance.now()
  const { migrations, unreached } = await verify(
    project,
    (work) => work(databaseTarget(server.url)),
    { choice: { which: `${chosen[0]}..` }, rows: { seed: 1, rowsPerTable: 10 }, previous },
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`verify: ${migrations.length} migrations in ${seconds} s`)
  const wrong = migrations.filter(({ verdict }) => verdict !== 'holds')
  expect({ wrong, unreached }).toEqual({ wrong: [], unreached: [] })
  expect(migrations).toHaveLength(chosen.length)
})
