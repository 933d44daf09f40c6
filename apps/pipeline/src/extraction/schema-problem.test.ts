import { expect, test } from 'vitest'
import { TEMPLATES } from '../services/templates.ts'
import { findSchemaProblem } from './schema-problem.ts'

const withPattern = (pattern: string) => ({ properties: { a: { type: 'string', pattern } } })

test.each<[string, object]>([
  ['nothing', {}],
  ...TEMPLATES.map((one): [string, object] => [`template ${one.name}`, one.extractionSchema]),
  ['a pattern that is fast', withPattern('^[A-Z]{2,3}-\\d+$')],
  [
    'draft-07 with notes',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { a: { type: 'string', format: 'date', example: 'x', 'x-unit': 'day' } },
    },
  ],
  [
    'draft 2020-12 with a recursion that ends',
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
      $ref: '#/$defs/node',
    },
  ],
])('takes %s', async (_, schema) => {
  expect(await findSchemaProblem({ schema })).toBeUndefined()
})

test.each<[string, object, RegExp]>([
  ['a mistyped word', { type: 'object', requird: ['a'] }, /unknown keyword: "requird"/],
  ['an answer that comes later', { $async: true, required: ['a'] }, /\$async/],
  ['an unknown type', { type: 'objekt' }, /data\/type must be equal to one of/],
  ['an unknown format', { properties: { a: { type: 'string', format: 'dat' } } }, /format "dat"/],
  ['a schema of elsewhere', { $ref: 'https://example.com/a' }, /can't resolve reference/],
  ['a circle', { allOf: [{ $ref: '#' }] }, /refers to itself/],
  ['an exponential pattern', withPattern('^(a+)+$'), /can take exponential time/],
  ['a cubic pattern', withPattern('^.*a.*b.*c$'), /power of a text's length/],
  ['a broken pattern', withPattern('('), /the pattern \( is invalid/],
  ['a long pattern', withPattern('a'.repeat(301)), /more than 300 characters/],
  ['too many bytes', { description: 'x'.repeat(70_000) }, /at most 65536 are allowed/],
  [
    'too many levels',
    JSON.parse('{"not":'.repeat(50) + '{}' + '}'.repeat(50)) as object,
    /more than 40 levels/,
  ],
])('refuses %s, in one line', async (_, schema, reason) => {
  const problem = await findSchemaProblem({ schema })
  expect(problem).toMatch(reason)
  expect(problem).not.toContain('\n')
})
