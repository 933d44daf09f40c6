import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readChunks } from './chunks.ts'

const small = { maxTokens: 40, overlapTokens: 5 }

test('a document that fits is one chunk, an empty one is none', () => {
  const [chunk, ...more] = readChunks('# A\n\nOne. Two.\n\n## B\n\nThree.', {
    maxTokens: 5000,
    overlapTokens: 200,
  })
  expect(more).toEqual([])
  expect(chunk?.statements.map(({ text, headingPath }) => [text, ...headingPath])).toEqual([
    ['One.', 'A'],
    ['Two.', 'A'],
    ['Three.', 'A', 'B'],
  ])
  expect(readChunks('', small)).toEqual([])
})

test('splits along headings, keeps their path, and repeats the end of the chunk before', () => {
  const content = [
    '# Guide',
    'x '.repeat(80),
    '## Limits',
    'y '.repeat(60),
    '## Prices',
    'z '.repeat(60),
  ].join('\n\n')
  const chunks = readChunks(content, small)
  const starts = chunks.filter(({ bodyStart }) => content.startsWith('#', bodyStart))
  expect(starts.map(({ headingPath }) => headingPath)).toEqual([
    ['Guide'],
    ['Guide', 'Limits'],
    ['Guide', 'Prices'],
  ])
  expect(chunks.slice(1).every(({ start, bodyStart }) => start < bodyStart)).toBe(true)
})

test('keeps neighbouring sections together while they fit', () => {
  const content = '# h\n\nOne.\n\n'.repeat(40)
  expect(readChunks(content, { maxTokens: 60, overlapTokens: 10 }).length).toBe(3)
})

test('cuts long text between sentences', () => {
  const content = 'This is a sentence of its own. '.repeat(20)
  for (const { bodyStart } of readChunks(content, small)) {
    expect(content.startsWith('This', bodyStart)).toBe(true)
  }
})

test(
  'bodies cover any document without a gap, no chunk is too long, and each statement is in one',
  { tags: 'long' },
  () => {
    const document = fc
      .array(
        fc.oneof(
          fc.constantFrom('\n\n# h\n\n', '\n', '. ', '😀', '日本語。', '- '),
          fc.string({ unit: 'binary' }),
        ),
      )
      .map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(document, (content) => {
        const chunks = readChunks(content, small)
        let end = 0
        for (const chunk of chunks) {
          expect(chunk.bodyStart).toBe(end)
          const text = content.slice(chunk.start, chunk.end)
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(small.maxTokens * 4)
          expect(text.isWellFormed()).toBe(content.isWellFormed())
          for (const { start } of chunk.statements) {
            expect(start >= chunk.bodyStart && start < chunk.end).toBe(true)
          }
          end = chunk.end
        }
        expect(end).toBe(content.length)
        const statements = chunks.flatMap((chunk) => chunk.statements)
        expect(new Set(statements.map(({ start }) => start)).size).toBe(statements.length)
      }),
      { numRuns: 300 },
    )
  },
)

test('a very long line is cut between characters', () => {
  const content = '😀'.repeat(500)
  const chunks = readChunks(content, small)
  expect(chunks.map(({ bodyStart, end }) => content.slice(bodyStart, end)).join('')).toBe(content)
  expect(chunks.every(({ bodyStart }) => bodyStart % 2 === 0)).toBe(true)
})
