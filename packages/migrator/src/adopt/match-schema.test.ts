import { expect, test } from 'vitest'
import type { Catalog, CatalogObject } from '../catalog/index.ts'
import { matchSchema } from './match-schema.ts'
import { withoutOtherLedgers } from './other-ledgers.ts'
import type { KnownSchema } from './known-schemas.ts'

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

const schema = (
  name: string,
  revision: number,
  objects: Catalog,
  isLegacy = false,
): KnownSchema => ({
  name,
  revision,
  catalog: objects,
  isLegacy,
  upgrade: [],
  columnSources: {},
})

const FIRST = catalog(table('jobs', 'status'), [index('idx_status', 'jobs', 'status')])
const SECOND = catalog(FIRST.objects, table('notes', 'text'))
const SCHEMAS = [schema('one', 1, FIRST), schema('rows only', 2, FIRST), schema('two', 3, SECOND)]

test('a database without relations is empty, whatever else is in it', () => {
  const live = catalog([
    { kind: 'schema', identity: 'public' },
    { kind: 'extension', identity: 'plpgsql', schema: 'pg_catalog' },
  ])
  expect(matchSchema(live, SCHEMAS)).toEqual({ kind: 'empty' })
})

test('a schema is recognised by its objects, in any order', () => {
  const live = catalog([...SECOND.objects].reverse())
  expect(matchSchema(live, SCHEMAS)).toMatchObject({
    kind: 'known',
    schema: { name: 'two' },
    alsoMatches: [],
  })
})

test('a migration that changes only rows leaves no trace: all schemas that match are named', () => {
  expect(matchSchema(FIRST, SCHEMAS)).toMatchObject({
    kind: 'known',
    schema: { name: 'one' },
    alsoMatches: [{ name: 'rows only' }],
  })
})

test('a legacy schema goes by its own name', () => {
  const schemas = [schema('old', 1, FIRST, true), ...SCHEMAS]
  expect(matchSchema(FIRST, schemas)).toMatchObject({ schema: { name: 'old' }, alsoMatches: [] })
})

test('the name of an index is not a difference; one more index, or another element, is', () => {
  const renamed = catalog(table('jobs', 'status'), [index('by_hand', 'jobs', 'status')])
  expect(matchSchema(renamed, SCHEMAS)).toMatchObject({
    kind: 'known',
    renames: [{ from: 'public.by_hand', to: 'public.idx_status' }],
  })
  const twice = catalog(FIRST.objects, [index('by_hand', 'jobs', 'status')])
  expect(matchSchema(twice, SCHEMAS)).toMatchObject({
    kind: 'unknown',
    nearest: { name: 'one' },
    differences: [{ what: 'extra', identity: 'public.by_hand' }],
  })
  const other = catalog(table('jobs', 'status'), [index('idx_status', 'jobs', 'lower(status)')])
  expect(matchSchema(other, SCHEMAS)).toMatchObject({ kind: 'unknown' })
})

test('grants, owners and storage are ignored differences', () => {
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
  expect(matchSchema(live, SCHEMAS)).toMatchObject({
    kind: 'known',
    ignored: [{ identity: 'public.jobs', severity: 'access' }],
  })
})

test('the nearest schema is the one with the fewest objects that differ', () => {
  const live = catalog(SECOND.objects, table('more', 'a', 'b', 'c'))
  expect(matchSchema(live, SCHEMAS)).toMatchObject({ kind: 'unknown', nearest: { name: 'two' } })
})

test('ledgers of other tools are taken out; tables that only have such a name are not', () => {
  const alembic = table('alembic_version', 'version_num')
  const taken = withoutOtherLedgers(catalog(FIRST.objects, alembic))
  expect(taken).toEqual({
    catalog: FIRST,
    ledgers: [{ tool: 'Alembic', table: 'public.alembic_version' }],
  })
  const own = catalog(FIRST.objects, table('migrations', 'from_country', 'to_country'))
  expect(withoutOtherLedgers(own)).toEqual({ catalog: own, ledgers: [] })
})
