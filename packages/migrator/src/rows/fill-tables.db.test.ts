import { createTestDatabase } from '@techfacts/postgres/testing'
import { describe, expect, test } from 'vitest'
import { withClient } from '../testing/query.ts'
import { fillTables, type FillOptions, type FilledTable } from './index.ts'
import { KINDS, UNPROVED } from './tests/kinds.ts'

/** A database with these statements in the schema `s`, filled; and what its tables have got. */
async function fill(sql: string, options: Partial<FillOptions> = {}) {
  const database = await createTestDatabase()
  const filled = await withClient(database.url, async (client) => {
    await client.query(`create schema s; set search_path to s, public; ${sql}`)
    await client.query('reset all')
    await client.query(
      `do $$ begin execute format('alter database %I set search_path to s, public', current_database()); end $$`,
    )
    return undefined
  }).then(() =>
    withClient(database.url, (client) =>
      fillTables(client, { seed: 1, rowsPerTable: 20, ...options }),
    ),
  )
  return { url: database.url, filled, [Symbol.asyncDispose]: () => database.drop() }
}

const without = (filled: readonly FilledTable[]) =>
  filled.filter(({ rows }) => rows === 0).map(({ table, unproved }) => ({ ...table, unproved }))

describe('rows are found for', () => {
  test.each(Object.entries(KINDS))('%s', async (_, sql) => {
    await using made = await fill(sql)
    expect(without(made.filled)).toEqual([])
    expect(made.filled.length).toBeGreaterThan(0)
  })
})

describe('a table that no rows are found for is told, and the others have theirs:', () => {
  test.each(Object.entries(UNPROVED))('%s', async (_, { sql, says }) => {
    await using made = await fill(sql)
    const told = without(made.filled)
    expect(told.map(({ name }) => name).toSorted()).toEqual(Object.keys(says).toSorted())
    for (const { name, unproved } of told) expect(unproved).toMatch(says[name] ?? /^$/)
  })
})
