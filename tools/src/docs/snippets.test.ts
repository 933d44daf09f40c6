import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { GENERATED } from './generate.ts'
import { isDocument, read, readRepository } from './repository.ts'
import { ROOT } from '../root.ts'

const SNIPPET = /^```ts\n([^]*?)^```$/gm

/** Of packages/db, whose dependencies are those of a project on MikroORM, and which may import itself by its name. */
const HOME = join(ROOT, 'packages/db/.data')

/** An example need not use all that it names. */
const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.base.json'),
  compilerOptions: { noUnusedLocals: false },
  include: ['*.ts'],
}

test('the TypeScript of the documents compiles', async () => {
  const { paths } = await readRepository()
  const documents = paths.filter((path) => isDocument(path) && !(path in GENERATED))
  const snippets = await Promise.all(documents.map(snippetsOf))
  expect(snippets.flat().length).toBeGreaterThan(5)
  expect(await compile(snippets.flat())).toBe('')
})

test('and would not, were a name wrong', async () => {
  const text = `import { rum } from '@techfacts/migrator'\nawait rum()\n`
  expect(await compile([{ name: 'wrong.ts', text }])).toContain(`'rum'`)
})

interface Snippet {
  readonly name: string
  readonly text: string
}

async function snippetsOf(document: string): Promise<Snippet[]> {
  const matches = [...(await read(document)).matchAll(SNIPPET)]
  return matches.map(([, text = ''], index) => ({
    name: `${document.replaceAll(/\W/g, '-')}-${index + 1}.ts`,
    text,
  }))
}

/** What the compiler says, or nothing. */
async function compile(snippets: readonly Snippet[]): Promise<string> {
  await mkdir(HOME, { recursive: true })
  const folder = await mkdtemp(join(HOME, 'snippets-'))
  try {
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    for (const { name, text } of snippets) await writeFile(join(folder, name), text)
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const arguments_ = [compiler, '--noEmit', '--pretty', 'false', '--project', folder]
    const { stdout } = await promisify(execFile)(process.execPath, arguments_).catch(
      (error: { stdout: string }) => error,
    )
    return stdout
  } finally {
    await rm(folder, { recursive: true })
  }
}
