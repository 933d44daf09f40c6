import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CLI = `${ROOT}packages/migrator/node_modules/.bin/mikro-orm`

/** `migration:up`, with the options that a document gives it. */
const COMMAND = /`(?:mikro-orm )?((?:migration|seeder):[a-z]+)((?: --?[a-z-]+)*)`/g

test('what documents name of MikroORM’s own command line is there', async () => {
  const pages = ['docs/coming-from.md', 'docs/differences.md', 'packages/migrator/README.md']
  const texts = await Promise.all(pages.map((page) => readFile(`${ROOT}${page}`, 'utf8')))
  const named = new Map<string, Set<string>>()
  for (const [, command = '', options = ''] of texts.join('\n').matchAll(COMMAND)) {
    const all = named.get(command) ?? new Set()
    named.set(command, new Set([...all, ...options.split(' ').filter(Boolean)]))
  }
  expect(named.size).toBeGreaterThan(5)
  const missing = await Promise.all([...named].map(([name, options]) => findMissing(name, options)))
  expect(missing.flat()).toEqual([])
})

async function findMissing(command: string, options: ReadonlySet<string>): Promise<string[]> {
  const { stdout } = await promisify(execFile)(CLI, [command, '--help'])
  const help = stdout.split('\n')
  if (!help[0]?.includes(command)) return [command]
  const isThere = (option: string) => help.some((line) => line.split(/[\s,]+/).includes(option))
  return [...options].filter((option) => !isThere(option)).map((option) => `${command} ${option}`)
}
