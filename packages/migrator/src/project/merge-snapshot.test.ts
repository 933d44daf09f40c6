import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mergeSnapshot, type SnapshotSides } from './merge-snapshot.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshot-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function merge(sides: SnapshotSides | undefined): Promise<unknown> {
  const path = join(folder, '.snapshot.json')
  await writeFile(path, '{\n<<<<<<< HEAD\n=======\n>>>>>>> main\n}\n')
  const merged = await mergeSnapshot(path, async () => sides)
  return JSON.parse(merged?.text ?? '')
}

const sides = (base: unknown, ours: unknown, theirs: unknown): SnapshotSides => ({
  base: base === undefined ? undefined : JSON.stringify(base),
  ours: JSON.stringify(ours),
  theirs: JSON.stringify(theirs),
})
const table = (name: string, ...columns: string[]) => ({
  name,
  columns: Object.fromEntries(columns.map((column) => [column, { name: column }])),
  indexes: columns.map((column) => ({ keyName: `${column}_index` })),
})

test('what either side has added, changed and removed', async () => {
  const base = { tables: [table('a', 'x', 'y'), table('b', 'x'), table('c', 'x')] }
  const ours = { tables: [table('a', 'x', 'y', 'z'), table('b', 'x'), table('d', 'x')] }
  const theirs = { tables: [table('a', 'x'), table('b', 'x', 'w'), table('c', 'x')] }
  expect(await merge(sides(base, ours, theirs))).toEqual({
    tables: [table('a', 'x', 'z'), table('b', 'x', 'w'), table('d', 'x')],
  })
})

test('a file that both have made', async () => {
  expect(
    await merge(sides(undefined, { tables: [table('a', 'x')] }, { tables: [table('b', 'x')] })),
  ).toEqual({ tables: [table('a', 'x'), table('b', 'x')] })
})

test.each([
  [
    'one value',
    { tables: [{ name: 'a', comment: 'x' }] },
    { tables: [{ name: 'a', comment: 'y' }] },
  ],
  [
    'a list without names',
    { tables: [{ name: 'a', comment: ['x'] }] },
    { tables: [{ name: 'a', comment: ['y'] }] },
  ],
])('%s that both have changed is refused, and named', async (_, ours, theirs) => {
  await expect(merge(sides({ tables: [] }, ours, theirs))).rejects.toMatchObject({
    code: 'SNAPSHOT_CONFLICTED',
    details: { reason: 'both sides have changed tables.a.comment' },
  })
})

test('sides that git does not have are not guessed', async () => {
  await expect(merge(undefined)).rejects.toMatchObject({ code: 'SNAPSHOT_CONFLICTED', exit: 3 })
})
