import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readChunks } from '../chunks.ts'
import type { FoundFact } from '../extractor.ts'
import { rulesExtractor } from './rules-extractor.ts'

const EVERYTHING = [
  'certifications',
  'pricing',
  'endpoints',
  'limits',
  'requirements',
  'versioning',
  'specs',
]

async function extract(content: string, categories = EVERYTHING, entityTypes: string[] = []) {
  const facts: FoundFact[] = []
  for (const chunk of readChunks(content, { maxTokens: 5000, overlapTokens: 200 })) {
    const profile = {
      name: 'test',
      categories,
      promptFocus: '',
      depth: 'detailed',
      customInstructions: null,
    } as const
    const request = { content, profile, extractionSchema: {}, entityTypes }
    facts.push(...(await rulesExtractor.extract(chunk, request, AbortSignal.timeout(10_000))))
  }
  return facts
}

test.each([
  [
    'certification',
    'We are certified to ISO/IEC 27001:2022 and SOC 2 Type II.',
    ['iso 27001', 'soc 2'],
  ],
  ['price', 'The Pro plan is $1,250.50 per user per month.', ['1250.5 USD / user / month']],
  ['price', 'It costs 99 EUR/mo.', ['99 EUR / month']],
  ['endpoint', 'Use `POST /v1/users/{id}` to add one.', ['POST /v1/users/{id}']],
  ['limit', 'Uploads are limited to 10 MB.', ['<= 10 MB']],
  ['limit', 'Up to 1 000 requests per minute are served.', ['<= 1000 requests / minute']],
  ['requirement', 'PostgreSQL 13 or higher is required.', ['postgresql >= 13']],
  ['version', 'It speaks TLS 1.3 to every peer.', ['tls 1.3']],
  ['quantity', 'The median latency is 12.5ms.', ['12.5 ms']],
  ['quantity', 'Une base de 4 Go, et 2,5 millions? No: 64 GB of memory.', ['64 GB']],
  ['limit', 'The score must be >= 0.8.', ['>= 0.8']],
  ['quantity', 'It works from -20 °C to 60 °C.', ['-20..60 °C']],
  ['quantity', 'It starts at −5 °C.', ['-5 °C']],
  ['quantity', 'Latency is 10–20 ms.', ['10..20 ms']],
  ['quantity', 'The tolerance is ±2 %.', ['-2..2 %']],
  ['limit', 'It answers in less than 5 ms, never more than 1 s.', ['< 5 ms', '<= 1 s']],
  [
    'quantity',
    'It has 1,5 GB for 1,500 users and 1.234.567 rows.',
    ['1.5 GB', '1500 users', '1234567 rows'],
  ],
  ['quantity', 'The dose is 2.5e-3 g.', ['0.0025 g']],
  ['price', 'It costs 10 € or 20 USD a year.', ['10 EUR', '20 USD / year']],
  ['price', 'Der Preis ist 1.299 €.', ['1299 EUR']],
  [
    'version',
    'PostgreSQL 15, Node.js >= 20 and TLS 1.3 work.',
    ['postgresql 15', 'node.js >= 20', 'tls 1.3'],
  ],
  ['date', 'It ends on 31.12.2027, not on March 3, 2026.', ['2027-12-31', '2026-03-03']],
  ['requirement', 'Requires Docker.', ['docker']],
  ['limit', 'The limit was raised from 5 MB to 10 MB.', ['<= 10 MB']],
])('finds a %s in %j', async (kind, content, normalized) => {
  const [fact] = await extract(content)
  expect(fact?.type).toBe(kind)
  expect(fact?.data['values']).toEqual(
    normalized.map((value) => expect.objectContaining({ normalized: value }) as unknown),
  )
})

test.each([
  ['It is easy to use.'],
  ['You must call it first.'],
  ['This must be fun.'],
  ['See section 3 of 1998.'],
  ['In the 1990s nobody did.'],
  ['See ![npm](https://example.com/v1.2.3/10MB.svg) and https://example.com/5GB.'],
  ['```\nconst timeout = 30 // 30 seconds\n```'],
  ['<p width="10 px">'],
])('finds nothing in %j', async (content) => {
  expect(await extract(content)).toEqual([])
})

test('reads endpoints in code', async () => {
  const [fact] = await extract('```http\nGET /v1/facts HTTP/1.1\n```')
  expect(fact).toMatchObject({ type: 'endpoint', quote: 'GET /v1/facts HTTP/1.1' })
})

test('matches the categories of the profile, and nothing else', async () => {
  const content =
    '# Security\n\nData is encrypted with AES 256 bit keys. Plans start at $5 a month.'
  const found = async (categories: string[]) =>
    (await extract(content, categories)).map(({ data }) => data['category'])
  expect(await found(['encryption'])).toEqual(['encryption'])
  expect(await found(['pricing'])).toEqual(['pricing'])
  expect(await found(['general', 'pricing'])).toEqual(['general', 'pricing'])
  expect(await found(['zebra_crossings'])).toEqual([])
  expect(await found(['start_prices'])).toEqual(['start_prices'])
})

test('explains its confidence: the parts add up, and doubt lowers it', async () => {
  const [sure] = await extract('Uploads are limited to 10 MB.')
  const [unsure] = await extract('Uploads may be limited to about 10 MB.')
  for (const fact of [sure, unsure]) {
    const sum = fact?.confidenceParts.reduce((sum, { points }) => sum + points * 100, 0) ?? 0
    expect(fact?.confidence).toBeCloseTo(Math.min(sum, 100) / 100)
  }
  expect(unsure?.confidenceParts.map(({ part }) => part)).toContain('is hedged')
  expect(unsure?.confidence).toBeLessThan(sure?.confidence ?? 0)
})

test('two spellings are one entity, of the types that the project wants', async () => {
  const content = 'ISO 27001 certified.\n\nISO/IEC 27001:2022 certified, on PostgreSQL 15 or later.'
  const [one, other] = await extract(content)
  expect(one?.entities).toMatchObject([{ type: 'certification', normalizedValue: 'iso 27001' }])
  expect(other?.entities).toMatchObject([
    { type: 'certification', normalizedValue: 'iso 27001' },
    { type: 'technology', value: 'PostgreSQL', normalizedValue: 'postgresql' },
  ])
  const [, only] = await extract(content, EVERYTHING, ['technology'])
  expect(only?.entities).toMatchObject([{ type: 'technology' }])
})

test('a number per second and the same per day are two entities', async () => {
  const facts = await extract(
    'It allows 100 requests per second.\n\nIt allows 100 requests per day.\n\nAt most 100 requests/s.',
  )
  expect(facts.map(({ entities }) => entities.map((one) => one.normalizedValue))).toEqual([
    ['<= 100 requests / second'],
    ['<= 100 requests / day'],
    ['<= 100 requests / second'],
  ])
  expect(facts[0]?.data['values']).toMatchObject([
    { number: 100, unit: 'requests', bound: '<=', period: 'second' },
  ])
})

test('every quote is in the document at its offsets, and a second reading gives the same', async () => {
  const sentence = fc.constantFrom(
    'Costs $5.',
    '**Up to 10 MB** are kept.',
    '- PostgreSQL 15+',
    '> needs TLS 1.3\n> always',
    '| Size | 10 MB |',
    '日本 ISO 27001 です。',
    '😀 at most 5 users',
    '# Node 22.1',
    '\r\n',
    '\n\n',
    '\t',
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(sentence, fc.string({ unit: 'grapheme' }))),
      async (parts) => {
        const content = parts.join(' ')
        const facts = await extract(content)
        for (const { quote, start, end } of facts) {
          expect(quote).toBe(content.slice(start, end))
          expect(quote.trim()).toBe(quote)
        }
        expect(await extract(content)).toEqual(facts)
      },
    ),
    { numRuns: 300 },
  )
})

test('a row of a table says what stands in the header of its columns and in its first cell', async () => {
  const [limits, versions] = await Promise.all([
    extract(
      [
        '| Setting | Maximum size | Latency (ms) |',
        '|---|---|---|',
        '| Upload \\| form | 10 MB | 5 |',
        '| | `20 MB` | |',
      ].join('\n'),
    ),
    extract('| Software | Minimum version |\n|---|---|\n| PostgreSQL | 15 |'),
  ])
  expect(limits.map(({ type, data }) => [type, data['statement']])).toEqual([
    ['limit', 'Setting: Upload form; Maximum size: 10 MB; Latency (ms): 5'],
    ['limit', 'Maximum size: 20 MB'],
  ])
  expect(limits[0]?.data['values']).toMatchObject([
    { normalized: '<= 10 MB', column: 'Maximum size', row: expect.stringContaining('Upload') },
    { normalized: '5 ms', column: 'Latency (ms)' },
  ])
  expect(versions[0]?.data['values']).toMatchObject([{ normalized: 'postgresql >= 15' }])
})

test('reads the text of HTML', async () => {
  const content = [
    '<div align="center">',
    '<!-- at most 1 MB -->',
    '<p>Uploads are limited to <b>10 MB</b>.</p><p>Plans cost $5 a month.</p>',
    '<table><tr><td>Timeout</td><td>30 s</td></tr></table>',
    '<script>const limit = 5 // up to 5 GB</script>',
    '</div>',
  ].join('\n')
  const facts = await extract(content)
  expect(facts.map(({ quote }) => quote)).toEqual([
    'Uploads are limited to <b>10 MB</b>.',
    'Plans cost $5 a month.',
    'Timeout</td><td>30 s',
  ])
  for (const { quote, start, end } of facts) expect(content.slice(start, end)).toBe(quote)
})
