import type { ObjectType } from '@pgsql/types'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { showCommand, showKind } from '../sql/words.ts'
import { readParserNames } from './tests/parser-names.ts'

/** Words that are none of PostgreSQL's keywords, and that its documents have all the same. */
const PLAIN = new Set(['…', 'CONSTRAINT', 'ROLE'])

test('commands and kinds of objects are named by keywords of PostgreSQL', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query('select upper(word) as word from pg_get_keywords()')
  await client.end()
  const keywords = new Set(rows.map(({ word }) => word))
  const { statements, enums } = readParserNames()
  const kinds = (enums.get('ObjectType') ?? []) as ObjectType[]
  const said = [
    ...statements.map(showCommand),
    ...kinds.map((kind) => showKind(kind).toUpperCase()),
  ]
  const isUnknown = (word: string) => !keywords.has(word) && !PLAIN.has(word)
  expect(said.filter((text) => text.split(' ').some(isUnknown))).toEqual([])
})
