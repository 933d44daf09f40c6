import type { PoolClient } from 'pg'
import { expect, test, vi } from 'vitest'

/** What a process calls the last of these statements. */
async function nameIn(statements: readonly string[]): Promise<unknown> {
  vi.resetModules()
  const { prepareMarked } = await import('./prepared.ts')
  const names: unknown[] = []
  const client = { query: async ({ name }: { name: string }) => names.push(name) }
  prepareMarked(client as unknown as PoolClient)
  for (const text of statements)
    await (client.query as unknown as (text: string) => Promise<unknown>)(`${text} /* prepared */`)
  return names.at(-1)
}

test('a statement has the same name in every process, whatever was sent before, and no other has it', async () => {
  expect(await nameIn(['select 1', 'select 2'])).toBe(await nameIn(['select 2']))
  expect(await nameIn(['select 1'])).not.toBe(await nameIn(['select 2']))
})
