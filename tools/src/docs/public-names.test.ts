import { expect, test } from 'vitest'
import { compile } from './compile.ts'
import { publicNames, type PublicName } from './public-names.ts'

const names = await publicNames()
const isCalled = ({ kind }: PublicName) => kind === 'function' || kind === 'class'
const isValue = (one: PublicName) => isCalled(one) || one.kind === 'const'

test('every public name says what it is, and what is called has an example', () => {
  expect(names.length).toBeGreaterThan(50)
  expect(names.filter(({ comment }) => comment === undefined)).toEqual([])
  expect(names.filter((one) => isCalled(one) && one.example === undefined)).toEqual([])
})

test('the examples compile', { tags: 'long' }, async () => {
  const examples = names.flatMap(({ name, from, example }) =>
    example === undefined
      ? []
      : [
          {
            name: `${from}-${name}`.replaceAll(/\W/g, '-') + '.ts',
            text: `${given()}${example}\n`,
          },
        ],
  )
  expect(examples.length).toBeGreaterThan(20)
  expect(await compile(examples)).toBe('')
})

/** What an example may take for granted: every name of the engine, and what a caller has. */
function given(): string {
  const values = new Map(names.filter(isValue).map(({ name, from }) => [name, from]))
  const imports = [...values].map(([name, from]) => `import { ${name} } from '${from}'`)
  return `${imports.join('\n')}
import { defineConfig } from '@mikro-orm/postgresql'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ChainedManifest, GateManifest } from '@techfacts/migrator/gate'
import { Pool } from 'pg'
declare const url: string
declare const scratchUrl: string
declare const manifest: GateManifest & ChainedManifest
declare const client: Parameters<typeof readCatalog>[0]
declare const server: { close(): Promise<void> }
declare const otherClient: typeof client
const project = mikroOrmProject('./mikro-orm.config.ts')
const target = databaseTarget(url)
`
}
