import { expect, test } from 'vitest'
import { compile, type Snippet } from './compile.ts'
import { GENERATED } from './generate.ts'
import { isDocument, read, readRepository } from './repository.ts'

const SNIPPET = /^```ts\n([^]*?)^```$/gm

test('the TypeScript of the documents compiles', { tags: 'long' }, async () => {
  const { paths } = await readRepository()
  const documents = paths.filter((path) => isDocument(path) && !(path in GENERATED))
  const snippets = await Promise.all(documents.map(snippetsOf))
  expect(snippets.flat().length).toBeGreaterThan(5)
  expect(await compile(snippets.flat())).toBe('')
})

test('and would not, were a name wrong', { tags: 'long' }, async () => {
  const text = `import { rum } from '@techfacts/migrator'\nawait rum()\n`
  expect(await compile([{ name: 'wrong.ts', text }])).toContain(`'rum'`)
})

async function snippetsOf(document: string): Promise<Snippet[]> {
  const matches = [...(await read(document)).matchAll(SNIPPET)]
  return matches.map(([, text = ''], index) => ({
    name: `${document.replaceAll(/\W/g, '-')}-${index + 1}.ts`,
    text,
  }))
}
