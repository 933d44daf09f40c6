import { expect, test } from 'vitest'
import { readReconciliation } from './reconciliation.ts'

const FILE = `-- Read by people.
-- reconcile: {"knownSchema":"one","fingerprint":"v1:a","unmanaged":["table public.notes"]}
-- keeps table public.notes
alter table jobs add note text;
-- REVIEW
drop index by_hand;
`

test('a reviewed file is read with its statements, without its comments', async () => {
  expect(await readReconciliation(FILE, 'reconcile.sql')).toEqual({
    path: 'reconcile.sql',
    knownSchema: 'one',
    fingerprint: 'v1:a',
    unmanaged: ['table public.notes'],
    statements: ['alter table jobs add note text', 'drop index by_hand'],
  })
})

test.each([
  ['without the line that the tool reads', 'select 1'],
  ['in the words of an earlier release', FILE.replace('knownSchema', 'shape')],
  ['whose statements PostgreSQL cannot parse', `${FILE} selct 1`],
])('a file %s is refused', async (_, text) => {
  await expect(readReconciliation(text, 'reconcile.sql')).rejects.toMatchObject({
    code: 'RECONCILIATION_UNREADABLE',
    exit: 2,
    message: expect.stringMatching(/^reconcile\.sql cannot be read as a reconciliation: /),
  })
})
