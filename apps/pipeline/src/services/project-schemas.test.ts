import { expect, test } from 'vitest'
import type { Threads } from '../threads/pool.ts'
import { checkSchemas } from './project-schemas.ts'

test('schemas that take long are refused beyond a few, and the next ones have their turn again', async () => {
  const answers: (() => void)[] = []
  const run = () => new Promise<undefined>((resolve) => answers.push(() => resolve(undefined)))
  const demandUsable = checkSchemas({ run, close: async () => undefined } as Threads)
  const slow = Array.from({ length: 5 }, () => demandUsable({}))
  await expect(demandUsable({})).rejects.toMatchObject({ code: 'schema_busy' })
  for (const answer of answers.splice(0)) answer()
  await Promise.all(slow)
  const next = demandUsable({})
  for (const answer of answers) answer()
  await next
})
