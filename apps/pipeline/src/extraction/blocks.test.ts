import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBlocks } from './blocks.ts'

const read = (content: string) =>
  readBlocks(content).map(({ kind, start, end }) => `${kind}: ${content.slice(start, end)}`)

test('finds headings, prose, list items, table rows and code, without their marks', () => {
  const content = [
    '# One #',
    '',
    '> quoted',
    '- item\n  goes on',
    '',
    'Two',
    '===',
    '',
    '| a | b |',
    '|---|---|',
    '| 1 | 2 |',
    '',
    '```js',
    'run()',
    '```',
    '',
    '<img src="x.png" width="100">',
    '<p>A <b>word</b></p>',
  ].join('\n')
  expect(read(content)).toEqual([
    'heading: One',
    'prose: quoted',
    'prose: item\n  goes on',
    'heading: Two',
    'row: | 1 | 2 |',
    'code: ```js\nrun()\n```',
    'prose: <img src="x.png" width="100">\n',
    'prose: A <b>word</b>',
  ])
})

test('blanks the line ends and marks inside a paragraph', () => {
  const [block] = readBlocks('> 10 MB\r\n> at most')
  expect(block?.text).toBe('10 MB    at most')
})

test.each([['\n'], ['\r\n'], ['\r']])('keeps offsets with line ends %j', (lineEnd) => {
  const content = ['# A', '', 'b 😀', 'c', '', '- d'].join(lineEnd)
  expect(read(content)).toEqual(['heading: A', `prose: b 😀${lineEnd}c`, 'prose: d'])
})

test.each([[''], [' '], ['\n\n'], ['\ufeff']])('finds no statement in %j', (content) => {
  expect(readBlocks(content).filter(({ text }) => text.trim())).toEqual([])
})

test('every block is as long as its text, in order, for any document', () => {
  const piece = fc.constantFrom(
    '# ',
    '- ',
    '> ',
    '|',
    '---|',
    '`',
    '```',
    '\n',
    '\r\n',
    '\t',
    '  ',
    '1. ',
    '*',
  )
  const document = fc.array(fc.oneof(piece, fc.string({ unit: 'grapheme' }))).map((p) => p.join(''))
  fc.assert(
    fc.property(document, (content) => {
      let before = 0
      for (const { start, end, text } of readBlocks(content)) {
        expect(text.length).toBe(end - start)
        expect(start).toBeGreaterThanOrEqual(before)
        before = end
      }
      expect(before).toBeLessThanOrEqual(content.length)
    }),
    { numRuns: 300 },
  )
})
