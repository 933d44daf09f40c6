import { expect, test } from 'vitest'
import { describeSafely, serializeError } from './safe-errors.ts'

test('a line about an error of the database holds no row, no value and no statement', () => {
  const server = Object.assign(
    new Error('duplicate key value violates unique constraint "sources_key"'),
    {
      code: '23505',
      detail: 'Key (uri)=(secret-row) already exists.',
      where: 'secret-where',
      parameters: ['secret-parameter'],
      query: 'secret-query',
      table: 'sources',
      constraint: 'sources_key',
    },
  )
  const thrown = Object.assign(
    new Error(`insert into "sources" values ('secret-value') - and\n${server.message}`, {
      cause: server,
    }),
    { code: '23505', previous: server },
  )
  const line = serializeError(thrown)
  expect(JSON.stringify(line)).not.toContain('secret')
  expect(line).toMatchObject({
    code: '23505',
    message: server.message,
    cause: { table: 'sources' },
  })

  const syntax = Object.assign(new Error('invalid input syntax for type uuid: "secret "value"'), {
    code: '22P02',
  })
  expect(describeSafely(syntax)).toBe('invalid input syntax for type uuid: "…"')
  expect(describeSafely(new Error('docs.test answered 503.'))).toBe('docs.test answered 503.')
})
