import { describe, expect, test } from 'vitest'
import { applyDiff, parseExchanges, fileOfDiff, normalise, replaceBlocks } from './blocks.ts'

test('blocks are played in order and replaced, and nothing else is touched', async () => {
  const markdown = 'a\n\n```diff\n+b\n```\n\n```ts\nc\n```\n\n```console\n$ d\n```\ne\n'
  const played: string[] = []
  const result = await replaceBlocks(markdown, async ({ kind, text }) => {
    played.push(`${kind} ${text}`)
    return `${text}\n$1`
  })
  expect(played).toEqual(['diff +b', 'console $ d'])
  expect(result).toBe('a\n\n```diff\n+b\n$1\n```\n\n```ts\nc\n```\n\n```console\n$ d\n$1\n```\ne\n')
})

test('a console block is commands, with continuations, each with its output', () => {
  expect(parseExchanges('$ a \\\n  -b\nc\n\n  d\n$ e\n$ f\ng')).toEqual([
    { command: 'a \\\n  -b', output: 'c\n\n  d' },
    { command: 'e', output: '' },
    { command: 'f', output: 'g' },
  ])
})

describe('a diff', () => {
  const diff = '--- a.ts\n+++ a.ts\n@@\n one\n-two\n+2\n three'

  test('is applied to the file that it names', () => {
    expect(fileOfDiff(diff)).toBe('a.ts')
    expect(applyDiff('zero\none\ntwo\nthree\n', diff)).toBe('zero\none\n2\nthree\n')
  })

  test.each([
    ['is not there', 'one\nthree\n'],
    ['is there twice', 'one\ntwo\nthree\none\ntwo\nthree\n'],
  ])('is refused where its text %s', (_, text) => {
    expect(() => applyDiff(text, diff)).toThrow('Not there, or not once')
  })
})

describe('normalised, two outputs', () => {
  test.each([
    ['applied Migration20261126184528_a (244 ms)', 'applied Migration20271126184529_a (1.2 s)'],
    ['2026-11-26T18:45:11.971607+00:00  done', '2027-01-01 00:00:00Z    done'],
    ['--plan-hash cbadf1968354a61f', '--plan-hash 5573a0a056340fc4'],
    ['waits for pid 15351', 'waits for pid 7'],
    ['got no lock in 1 try over 2 s', 'got no lock in 3 tries over 2 s'],
    ['a\nM: segment 1 of 1 done in 1.7 s\nb', 'a\nb'],
  ])('are the same that differ in what no run repeats: %s', (one, other) => {
    expect(normalise(one)).toBe(normalise(other))
  })

  test.each([
    ['1 migration applied.', '2 migrations applied.'],
    ['exit 3', 'exit 0'],
    ['sources.language: 1 values', 'sources.language: 2 values'],
    ['applied Migration20261126184528_a', 'applied Migration20261126184528_b'],
    ['segment 1 of 2', 'segment 2 of 2'],
  ])('differ that say something else: %s', (one, other) => {
    expect(normalise(one)).not.toBe(normalise(other))
  })
})
