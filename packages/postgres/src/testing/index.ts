import { inject } from 'vitest'
import { cloneDatabase, type Prepare, type TestDatabase } from './test-database.ts'

export type { Prepare, TestDatabase } from './test-database.ts'

/**
 * Makes a database for one test file: a clone of a template that `prepare` has filled once per
 * server, or an empty database without it. Call it in a `*.db.test.ts` file.
 *
 * Templates are told apart by the name and source text of `prepare`: two closures of the same text
 * share a template, whatever they have captured. `prepare` gets the URL of the template's database as
 * its owner; connections that it leaves open are ended.
 *
 * @throws what `prepare` throws; the next caller tries it again.
 * @example
 * const database = await createTestDatabase({ prepare: migrate })
 * afterAll(() => database.drop())
 */
export async function createTestDatabase(
  options: { readonly prepare?: Prepare } = {},
): Promise<TestDatabase> {
  const server = inject('testServer')
  if (!server) throw new Error('No test server here: name the test file *.db.test.ts.')
  return cloneDatabase(server, options.prepare)
}
