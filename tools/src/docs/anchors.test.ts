import { expect, test } from 'vitest'
import { deadAnchors } from './anchors.ts'
import { isDocument, read, readRepository } from './repository.ts'

test('every link to a heading has one', async () => {
  const { paths } = await readRepository()
  const dead = await Promise.all(
    paths.filter(isDocument).map((document) => deadAnchors(document, read)),
  )
  expect(dead.flat()).toEqual([])
})

test('finds a heading that is not there', async () => {
  const documents: Record<string, string> = {
    'docs/a.md': '# A, `b`\n[a](#a-b) [b](../b.md#b) [c](#c) [d](../b.md#d) [e](https://e/#e)',
    'b.md': '## B\n```sh\n# d\n```',
  }
  const dead = await deadAnchors('docs/a.md', async (path) => documents[path] ?? '')
  expect(dead).toEqual(['docs/a.md: no heading docs/a.md#c', 'docs/a.md: no heading b.md#d'])
})
