import type { Tables } from '@techfacts/db'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type CompiledQuery,
} from 'kysely'
import { expect, test } from 'vitest'
import { compileOnce } from './compile-once.ts'

/** Compiles queries and sends none; it keeps what it would have sent. */
function openSession() {
  const sent: CompiledQuery[] = []
  const session = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void sent.push(query),
  })
  return { session, sent }
}

type Given = { readonly name: string; readonly status?: string | undefined }

test('a query is built once for each set of values, and sent with those that are given', async () => {
  let built = 0
  const read = compileOnce(
    (session, { name, status }: Given) => {
      built += 1
      const jobs = session.selectFrom('projects').select('id').where('name', '=', name)
      return sql`${status === undefined ? jobs : jobs.where('description', '=', status)}`
    },
    ['status'],
  )
  const { session, sent } = openSession()
  for (const given of [{ name: 'a' }, { name: 'b', status: undefined }, { name: 'c', status: 'x' }])
    await read(session, given)
  expect(built).toBe(2)
  expect(sent.map(({ parameters }) => parameters)).toEqual([['a'], ['b'], ['c', 'x']])
  // What is filtered is planned for the value that it is filtered by.
  expect(sent.map(({ sql }) => sql.includes('prepared'))).toEqual([true, true, false])
})

test.each([
  ['a text', (name: string) => sql.raw(`select '${name}'`)],
  ['a number', (name: string) => sql`select ${Number(name) + 1}`],
  ['a literal', (name: string) => sql`select ${sql.lit(name)}`],
])('a query that is built from a value is refused: %s', async (_, build) => {
  const read = compileOnce((_, { name }: Given) => build(name))
  await expect(read(openSession().session, { name: 'a' })).rejects.toThrow(
    'The query is built for every name, so it cannot depend on one.',
  )
})
