import { expect, test } from 'vitest'
import type { Catalog, CatalogObject } from '../catalog/index.ts'
import { classify } from './classify.ts'
import { withoutForeignLedgers } from './foreign-ledgers.ts'
import type { KnownShape } from './knowledge.ts'

const table = (name: string, ...columns: string[]): CatalogObject[] => [
  { kind: 'table', identity: `public.${name}` },
  ...columns.map((column): CatalogObject => ({
    kind: 'column',
    identity: `public.${name}.${column}`,
    of: `public.${name}`,
    type: 'text',
  })),
]

const index = (name: string, of: string, element: string): CatalogObject => ({
  kind: 'index',
  identity: `public.${name}`,
  of: `public.${of}`,
  method: 'btree',
  elements: [element],
})

const catalog = (...objects: CatalogObject[][]): Catalog => ({ objects: objects.flat() })

const shape = (name: string, revision: number, objects: Catalog, isLegacy = false): KnownShape => ({
  name,
  revision,
  catalog: objects,
  isLegacy,
  bridge: [],
  reads: {},
})

const FIRST = catalog(table('jobs', 'status'), [index('idx_status', 'jobs', 'status')])
const SECOND = catalog(FIRST.objects, table('notes', 'text'))
const SHAPES = [shape('one', 1, FIRST), shape('rows only', 2, FIRST), shape('two', 3, SECOND)]

test('a database without a relation is empty, whatever else is in it', () => {
  const live = catalog([
    { kind: 'schema', identity: 'public' },
    { kind: 'extension', identity: 'plpgsql', schema: 'pg_catalog' },
  ])
  expect(classify(live, SHAPES)).toEqual({ kind: 'empty' })
})

test('a shape is known by what it is made of, in any order', () => {
  const live = catalog([...SECOND.objects].reverse())
  expect(classify(live, SHAPES)).toMatchObject({ kind: 'known', shape: { name: 'two' }, alike: [] })
})

test('a migration that changes rows only leaves no trace: all that it may be are named', () => {
  expect(classify(FIRST, SHAPES)).toMatchObject({
    kind: 'known',
    shape: { name: 'one' },
    alike: [{ name: 'rows only' }],
  })
})

test('a legacy shape goes by its own name', () => {
  const shapes = [shape('old', 1, FIRST, true), ...SHAPES]
  expect(classify(FIRST, shapes)).toMatchObject({ shape: { name: 'old' }, alike: [] })
})

test('the name of an index is no difference; an index more, or another element, is one', () => {
  const renamed = catalog(table('jobs', 'status'), [index('by_hand', 'jobs', 'status')])
  expect(classify(renamed, SHAPES)).toMatchObject({
    kind: 'known',
    renames: [{ from: 'public.by_hand', to: 'public.idx_status' }],
  })
  const twice = catalog(FIRST.objects, [index('by_hand', 'jobs', 'status')])
  expect(classify(twice, SHAPES)).toMatchObject({
    kind: 'unknown',
    nearest: { name: 'one' },
    differences: [{ what: 'extra', identity: 'public.by_hand' }],
  })
  const other = catalog(table('jobs', 'status'), [index('idx_status', 'jobs', 'lower(status)')])
  expect(classify(other, SHAPES)).toMatchObject({ kind: 'unknown' })
})

test('who may do what, and how it lies on disk, is noted and counts for nothing', () => {
  const [jobs, ...rest] = FIRST.objects
  const live = catalog([
    {
      ...jobs,
      owner: 'somebody',
      grants: ['app: SELECT'],
      options: ['fillfactor=70'],
    } as CatalogObject,
    ...rest,
  ])
  expect(classify(live, SHAPES)).toMatchObject({
    kind: 'known',
    notes: [{ identity: 'public.jobs', severity: 'access' }],
  })
})

test('the nearest shape is the one with the fewest objects that differ', () => {
  const live = catalog(SECOND.objects, table('more', 'a', 'b', 'c'))
  expect(classify(live, SHAPES)).toMatchObject({ kind: 'unknown', nearest: { name: 'two' } })
})

test('ledgers of other tools are taken out, and tables that only have such a name are not', () => {
  const alembic = table('alembic_version', 'version_num')
  const taken = withoutForeignLedgers(catalog(FIRST.objects, alembic))
  expect(taken).toEqual({
    catalog: FIRST,
    ledgers: [{ tool: 'Alembic', table: 'public.alembic_version' }],
  })
  const own = catalog(FIRST.objects, table('migrations', 'from_country', 'to_country'))
  expect(withoutForeignLedgers(own)).toEqual({ catalog: own, ledgers: [] })
})
