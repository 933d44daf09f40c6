import { expect, test } from 'vitest'
import { read } from './repository.ts'

/** `(`file`: name of a test)` at the end of a sentence. */
const SHOWN_BY = / \(`([^`]+\.test\.ts)`: ([^()]+)\)$/

test('each sentence of SECURITY.md is shown by a test that exists', async () => {
  const sentences = (await read('SECURITY.md')).split('\n').filter((line) => line.startsWith('- '))
  expect(sentences.length).toBeGreaterThan(20)
  const problems = await Promise.all(sentences.map(problemOf))
  expect(problems.filter((problem) => problem !== undefined)).toEqual([])
})

async function problemOf(sentence: string): Promise<string | undefined> {
  const [, file, name] = SHOWN_BY.exec(sentence) ?? []
  if (file === undefined || name === undefined) return `without a test: ${sentence}`
  const text = await read(file).catch(() => '')
  const isThere = ["'", '`', '"'].some((quote) => text.includes(`${quote}${name}`))
  return isThere ? undefined : `${file} has no test "${name}"`
}
