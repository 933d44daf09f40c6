import { expect, test } from 'vitest'
import { readBlocks } from './blocks.ts'
import { readSentences } from './sentences.ts'

const read = (content: string) =>
  readBlocks(content).flatMap((block) =>
    readSentences(block).map(({ start, end }) => content.slice(start, end)),
  )

test('splits prose into sentences, over soft line ends and after abbreviations', () => {
  expect(read('One is\nhere. Two, e.g. This one. 三です。四。')).toEqual([
    'One is\nhere.',
    'Two, e.g. This one.',
    '三です。',
    '四。',
  ])
})

test('a table row is one statement, and so is each line of code', () => {
  expect(read('|a|\n|---|\n| A. B. |')).toEqual(['A. B.'])
  expect(read('    one. two.\n    three')).toEqual(['one. two.', 'three'])
})

test('leaves out what is too long to be a statement', () => {
  expect(read('x'.repeat(1001))).toEqual([])
  expect(read('x'.repeat(1000))).toHaveLength(1)
})
