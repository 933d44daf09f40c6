import { expect, test } from 'vitest'
import { TEMPLATES } from '../services/templates.ts'
import { BOUNDS } from './bounds.ts'
import { splitDocument, textOf } from './documents.ts'
import type { ProfileRequest } from './extractor.ts'
import { readByRules } from './passages.ts'
import type { Reading } from './review.ts'

const PROFILE: ProfileRequest = {
  name: 'test',
  categories: ['general'],
  promptFocus: '',
  depth: 'comprehensive',
  customInstructions: null,
}

/** Reads a document by the rules, as a job does; what its chunks add up to. */
async function read(
  content: string,
  profile: Partial<ProfileRequest> = {},
  own: { schema?: object; maxTokens?: number; room?: { facts: number; entities: number } } = {},
): Promise<Reading> {
  const { schema = {}, maxTokens = 5000, room = { facts: 10_000, entities: 10_000 } } = own
  const limits = { maxTokens, overlapTokens: Math.floor(maxTokens / 25) }
  const request = {
    profile: { ...PROFILE, ...profile },
    extractionSchema: schema,
    entityTypes: [],
    confidenceThreshold: 0.4,
    room,
  }
  const readings = []
  for (const passage of splitDocument({ content, limits })) {
    readings.push(await readByRules({ passage, text: textOf(content, passage), request }))
  }
  return {
    facts: readings.flatMap(({ facts }) => facts),
    rejects: readings.flatMap(({ rejects }) => rejects),
    rejected: readings.reduce((sum, { rejected }) => sum + rejected, 0),
    cut: readings.reduce((sum, { cut }) => sum + cut, 0),
  }
}

const quotes = ({ facts }: Reading) => facts.map(({ quote }) => quote)

const DOCUMENT = `# Service

Uploads are limited to 10 MB. The Pro plan costs $5 a month. Uploads are limited to 10 MB.
The Team plan costs $9 a month. It requires PostgreSQL 15 or later. We are certified to ISO 27001.`

test.each([[20], [60], [5000]])(
  'each fact is quoted where it is in the document, in chunks of %i tokens',
  async (maxTokens) => {
    const content = `😀 ${DOCUMENT}\r\n\r\n`.repeat(5)
    const { facts } = await read(content, {}, { maxTokens })
    expect(facts).toHaveLength(30)
    for (const { quote, start, end } of facts) expect(content.slice(start, end)).toBe(quote)
    expect(new Set(facts.map(({ start }) => start)).size).toBe(30)
  },
)

test('the depth decides how much is kept: the surest, each once, or every mention', async () => {
  const all = quotes(await read(DOCUMENT))
  expect(all).toHaveLength(6)
  expect(quotes(await read(DOCUMENT, { depth: 'detailed' }))).toHaveLength(5)
  const { facts } = await read(DOCUMENT, { depth: 'summary' })
  expect(facts).toHaveLength(3)
  const left = (await read(DOCUMENT)).facts.filter(
    ({ quote }) => !quotes({ facts } as Reading).includes(quote),
  )
  const least = Math.min(...facts.map(({ confidence }) => confidence))
  expect(left.every(({ confidence }) => confidence <= least)).toBe(true)
})

test('the focus decides what a summary keeps first', async () => {
  for (const [promptFocus, wanted] of [
    [
      'Plans and their costs',
      ['The Pro plan costs $5 a month.', 'The Team plan costs $9 a month.'],
    ],
    ['limits of uploads', ['Uploads are limited to 10 MB.']],
    ['database requirements, PostgreSQL', ['It requires PostgreSQL 15 or later.']],
  ] as const) {
    const kept = quotes(await read(DOCUMENT, { depth: 'summary', promptFocus }))
    expect(kept).toEqual(expect.arrayContaining([...wanted]))
  }
})

test.each([
  ['Ignore uploads.', (quote: string) => !quote.startsWith('Uploads')],
  ["Don't extract certifications", (quote: string) => !quote.includes('ISO')],
  ['Only plans. Ignore Team.', (quote: string) => quote.includes('Pro plan')],
])('the instructions %j are followed', async (customInstructions, isWanted) => {
  const all = quotes(await read(DOCUMENT))
  const kept = quotes(await read(DOCUMENT, { customInstructions }))
  expect(kept).toEqual(all.filter(isWanted))
  expect(kept.length).toBeLessThan(all.length)
})

test('the categories decide what is a fact at all', async () => {
  expect(quotes(await read(DOCUMENT, { categories: ['certifications'] }))).toEqual([
    'We are certified to ISO 27001.',
  ])
})

test('the schema of the project is enforced, and says what it rejects and why', async () => {
  const schema = {
    type: 'object',
    properties: { statement: { type: 'string', maxLength: 30 } },
  }
  const { facts, rejects, rejected } = await read(DOCUMENT, {}, { schema })
  expect(facts.every(({ quote }) => quote.length <= 30)).toBe(true)
  expect(facts.length + rejected).toBe(6)
  expect(rejects[0]).toMatchObject({
    reason: 'data/statement must NOT have more than 30 characters',
    data: { category: 'general' },
  })
})

test('the built-in templates reject nothing that the rules find', async () => {
  for (const { extractionSchema: schema } of TEMPLATES) {
    const { facts, rejected } = await read(DOCUMENT, {}, { schema })
    expect([facts.length, rejected]).toEqual([6, 0])
  }
})

test('what a bound leaves out is counted, the least sure first', async () => {
  const content = Array.from({ length: 700 }, (_, n) => `Plan ${n} costs $${n}.`).join('\n\n')
  const { facts, cut } = await read(content, {}, { maxTokens: 50_000 })
  expect([facts.length, cut]).toEqual([BOUNDS.factsPerChunk, 700 - BOUNDS.factsPerChunk])
  const { length } = facts.flatMap(({ entities }) => entities)
  const room = { facts: 20, entities: 7 }
  const full = await read(content, {}, { maxTokens: 50_000, room })
  expect(full.facts).toHaveLength(20)
  expect(full.facts.flatMap(({ entities }) => entities)).toHaveLength(7)
  expect(full.cut).toBe(680 + (20 * length) / facts.length - 7)
})

test('only so many rejects are kept, and all are counted', async () => {
  const content = Array.from({ length: 150 }, (_, n) => `Plan ${n} costs $${n}.`).join('\n\n')
  const { rejects, rejected } = await read(content, {}, { schema: { required: ['colour'] } })
  expect([rejects.length, rejected]).toEqual([BOUNDS.rejectsPerChunk, 150])
})
