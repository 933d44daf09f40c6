import { expect, test } from 'vitest'
import type { Catalog, CatalogObject } from './model.ts'
import { diffBesidesPartitions } from './partitions.ts'

const partition = (name: string, of: string): CatalogObject[] => [
  { kind: 'table', identity: name, partitionOf: of, partitionBound: `FOR VALUES IN ('${name}')` },
  { kind: 'column', identity: `${name}.n`, of: name, type: 'integer' },
  { kind: 'index', identity: `${name}_n_idx`, of: name, method: 'btree', elements: ['n'] },
]

const stats: CatalogObject[] = [
  { kind: 'table', identity: 'public.stats', partitionBy: 'LIST (n)' },
  { kind: 'column', identity: 'public.stats.n', of: 'public.stats', type: 'integer' },
]

const catalog = (...objects: CatalogObject[][]): Catalog => ({ objects: objects.flat() })

test('yesterday’s partitions and today’s are no difference', () => {
  const yesterday = catalog(
    stats,
    partition('public.d1', 'public.stats'),
    partition('public.d2', 'public.stats'),
  )
  const today = catalog(
    stats,
    partition('public.d2', 'public.stats'),
    partition('public.d3', 'public.stats'),
  )
  expect(diffBesidesPartitions(yesterday, today)).toEqual([])
})

test('a partition that both have is compared; one of a table that only one has belongs to that', () => {
  const [table, ...parts] = partition('public.d1', 'public.stats')
  const here = catalog(
    stats,
    [table, ...parts.slice(0, 1)].filter((one) => one !== undefined),
  )
  const there = catalog(stats, partition('public.d1', 'public.stats'))
  expect(diffBesidesPartitions(here, there)).toMatchObject([
    { what: 'missing', identity: 'public.d1_n_idx' },
  ])
  expect(diffBesidesPartitions(catalog(), there).map(({ identity }) => identity)).toContain(
    'public.d1',
  )
})
