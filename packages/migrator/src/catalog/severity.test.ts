import { expect, test } from 'vitest'
import { diffCatalogs } from './diff.ts'
import type { CatalogObject } from './model.ts'
import { SEVERITIES, SEVERITY } from './severity.ts'
import { changes } from './tests/changes/index.ts'

/** Properties that no change in the table changes alone. */
const UNCHANGED = new Set([
  // Part of the identity.
  ...['column', 'constraint', 'trigger', 'rule', 'policy'].map((kind) => `${kind}.of`),
  'other.class',
  // A tablespace belongs to the server: read.db.test.ts makes one.
  ...['table', 'index', 'materialized-view'].map((kind) => `${kind}.tablespace`),
  // A copy of a database does not have its settings: read.db.test.ts changes one.
  'setting.value',
  // Neither does it have its grants and its comment: options.db.test.ts changes them. A database is always there.
  ...['comment', 'grants', 'is'].map((name) => `database.${name}`),
  // Only a function written in C can be one.
  'range.canonical',
])

test('every property of every kind of object is changed by some kind of change', () => {
  const changed = new Set(changes.flatMap(({ differs }) => differs.flatMap(propertiesOf)))
  const unchanged = Object.entries(SEVERITY)
    .flatMap(([kind, properties]) => Object.keys(properties).map((name) => `${kind}.${name}`))
    .filter((property) => !changed.has(property))
  expect(unchanged.sort()).toEqual([...UNCHANGED].sort())
})

/** `changed column $.job.n: type, default` → column.type, column.default. */
function propertiesOf(difference: string): string[] {
  const [, what, kind, properties] = /^(\w+) (\S+) .*?(?:: ([\w, ]+))?$/.exec(difference) ?? []
  return (what === 'changed' ? (properties?.split(', ') ?? []) : ['is']).map(
    (name) => `${kind}.${name}`,
  )
}

test('every severity is that of something', () => {
  const used = new Set(Object.values(SEVERITY).flatMap((properties) => Object.values(properties)))
  expect([...used].sort()).toEqual([...SEVERITIES].sort())
})

/** What an object that no migration makes, one of an extension say, has been granted. */
const grants = (is: string[]) => ({
  objects: [
    { kind: 'other', identity: 'grants on function public.f()', class: 'grants', grants: is },
  ] as unknown as CatalogObject[],
})

test('what was granted on an object that no migration makes is access, whether it is there or differs', () => {
  const severities = [
    ...diffCatalogs(grants(['app: EXECUTE']), { objects: [] }),
    ...diffCatalogs(grants(['app: EXECUTE']), grants(['PUBLIC: EXECUTE'])),
  ].map(({ severity }) => severity)
  expect(severities).toEqual(['access', 'access'])
})
