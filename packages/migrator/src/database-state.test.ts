import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { JOURNAL_EVENTS } from './database-state.ts'

test('docs/repair.md says what each event of the journal means, and of no other', async () => {
  const text = await readFile(new URL('../../../docs/repair.md', import.meta.url), 'utf8')
  const [, table = ''] = text.split('| event | meaning |')
  const cells = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell)
  const events = cells.flatMap((cell) => cell.split(/[`, ]+/).filter(Boolean))
  expect(events).toHaveLength(JOURNAL_EVENTS.length)
  expect(new Set(events)).toEqual(new Set(JOURNAL_EVENTS))
})
