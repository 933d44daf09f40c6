import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { KnownObjects } from '../known/known-objects.ts'
import { parseSql } from '../sql/parse.ts'
import { writeSafely } from './index.ts'
import { CASES } from './tests/pre-checked.ts'

/*
 * What is counted before a change finds rows exactly where PostgreSQL refuses the change; of a change that is made of
 * several statements it counts nothing that an earlier one of them mends.
 */

/** The first words of PostgreSQL's refusal of statements, all of which leave nothing; empty where it refuses none. */
async function tryAll(client: Client, statements: readonly string[]): Promise<string> {
  await client.query('savepoint before')
  let refusal = ''
  for (const sql of statements)
    if (refusal === '')
      await client.query(sql).catch((error: Error) => void (refusal = error.message))
  await client.query('rollback to savepoint before')
  return refusal
}

/** What the checks of a change count. */
async function count(client: Client, before: string, change: readonly string[]): Promise<number> {
  const known = new KnownObjects()
  for (const { node } of await parseSql(before)) known.learn(node)
  const { requires } = await writeSafely(change, known)
  let counted = 0
  for (const { query } of requires) {
    // What PostgreSQL refuses to compute of a row stops a run as well.
    await client.query('savepoint query')
    counted += await client
      .query<Record<string, string>>(query)
      .then(({ rows }) => Number(Object.values(rows[0] ?? {})[0]))
      .catch(() => 1)
    await client.query('rollback to savepoint query')
  }
  return counted
}

test('what is counted before a change is what PostgreSQL refuses', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const wrong: string[] = []
  let refused = 0
  for (const [before, rows, change] of CASES) {
    await client.query('begin')
    await client.query(`${before}; ${rows}`)
    const statements = (await parseSql(change)).map(({ sql }) => `${sql};`)
    const counted = await count(client, before, statements)
    const refusal = await tryAll(client, statements)
    if (refusal !== '') refused += 1
    if (counted > 0 !== (refusal !== ''))
      wrong.push(`${before}; ${rows}; ${change}: ${counted} counted, PostgreSQL: ${refusal}`)
    await client.query('rollback')
  }
  await client.end()
  expect(wrong).toEqual([])
  expect(refused).toBeGreaterThan(30)
})
