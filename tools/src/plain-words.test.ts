import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isDocument, readRepository } from './docs/repository.ts'
import { ROOT } from './root.ts'

/** What a reader has to read twice, and what is written in its place. */
const AVOIDED: readonly (readonly [words: RegExp, instead: string])[] = [
  [/\bsomebody\b/i, 'the session, the role or the tool that it was'],
  [/\banew\b/, 'again; of a table: rewritten'],
  [/\b(taken|takes?) back\b/, 'reverted, revoked'],
  [/\bg(ives?|iven) back\b/, 'restored, returned'],
  [/\bbears? (it )?out\b/, 'confirms'],
  [/\bl(ies|ie|ay) beside\b/, 'is next to'],
  [/\bstands? behind\b/, 'is after'],
  [/\bwho is in the way\b/i, 'the blockers'],
]

test('sources and documents say it in plain words', async () => {
  const { paths } = await readRepository()
  const read = paths.filter((path) => isDocument(path) || isProduction(path))
  expect(read.length).toBeGreaterThan(300)
  const found = read.flatMap((path) =>
    readFileSync(join(ROOT, path), 'utf8')
      .split('\n')
      .flatMap((line) =>
        AVOIDED.filter(([words]) => words.test(line)).map(
          ([, instead]) => `${path}: ${line.trim()} → ${instead}`,
        ),
      ),
  )
  expect(found).toEqual([])
})

/** Tests may tell a story; a migration that was released stays as it is. */
function isProduction(path: string): boolean {
  return path.endsWith('.ts') && !/\.test\.ts$|\/(tests|testing|trials|migrations)\//.test(path)
}
