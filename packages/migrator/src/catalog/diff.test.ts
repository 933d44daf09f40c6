import { expect, test } from 'vitest'
import { diffCatalogs, type Catalog, type CatalogObject } from './index.ts'

const table = (name: string): CatalogObject => ({ kind: 'table', identity: `public.${name}` })

const column = (of: string, name: string, properties: object = {}): CatalogObject => ({
  kind: 'column',
  identity: `public.${of}.${name}`,
  of: `public.${of}`,
  type: 'integer',
  ...properties,
})

const index = (unique: boolean, name: string): CatalogObject => ({
  kind: 'index',
  identity: 'public.i',
  of: 'public.job',
  method: 'btree',
  elements: [name],
  ...(unique ? { unique } : {}),
})

const catalog = (...objects: CatalogObject[]): Catalog => ({ objects })

test('says which property differs, with both values, and of an absent one nothing', () => {
  const here = catalog(table('job'), column('job', 'n', { notNull: true, comment: 'x' }))
  const there = catalog(table('job'), column('job', 'n', { type: 'bigint', comment: 'y' }))
  expect(diffCatalogs(here, there)).toMatchObject([
    {
      kind: 'column',
      identity: 'public.job.n',
      what: 'changed',
      severity: 'structure',
      changes: [
        { property: 'type', severity: 'structure', here: 'integer', there: 'bigint' },
        { property: 'notNull', severity: 'integrity', here: true },
        { property: 'comment', severity: 'cosmetic', here: 'x', there: 'y' },
      ],
    },
  ])
  expect(diffCatalogs(here, there)[0]?.changes[1]).not.toHaveProperty('there')
})

test('counts the parts of what is missing or extra instead of listing them', () => {
  const whole = catalog(
    table('job'),
    column('job', 'id'),
    column('job', 'n'),
    { kind: 'constraint', identity: 'public.job.pk', of: 'public.job', type: 'primary key' },
    {
      kind: 'index',
      identity: 'public.pk',
      of: 'public.job',
      constraint: 'public.job.pk',
      method: 'btree',
      elements: ['id'],
    },
    {
      kind: 'sequence',
      identity: 'public.s',
      ownedBy: 'public.job.id',
      type: 'integer',
      start: '1',
      increment: '1',
      minimum: '1',
      maximum: '9',
      cache: '1',
    },
  )
  const parts = { column: 2, constraint: 1, index: 1, sequence: 1 }
  expect(diffCatalogs(whole, catalog())).toMatchObject([{ what: 'extra', kind: 'table', parts }])
  expect(diffCatalogs(catalog(), whole)).toMatchObject([{ what: 'missing', kind: 'table', parts }])
  const without = catalog(
    ...whole.objects.filter(({ kind }) => !['constraint', 'index'].includes(kind)),
  )
  expect(diffCatalogs(without, whole)).toMatchObject([
    { what: 'missing', kind: 'constraint', parts: { index: 1 } },
  ])
})

test('the gravest comes first, then the order of kinds, then names', () => {
  const here = catalog(
    { kind: 'setting', identity: 'work_mem', value: '5MB' },
    { kind: 'comment', identity: 'type public.job', text: 'x' },
    {
      kind: 'policy',
      identity: 'public.job.p',
      of: 'public.job',
      command: 'all',
      roles: ['PUBLIC'],
    },
    { kind: 'index', identity: 'public.i', of: 'public.job', method: 'btree', elements: ['n'] },
    {
      kind: 'index',
      identity: 'public.u',
      of: 'public.job',
      method: 'btree',
      elements: ['n'],
      unique: true,
    },
    column('job', 'b'),
    column('job', 'a'),
    table('other'),
  )
  expect(
    diffCatalogs(here, catalog()).map(({ severity, identity }) => [severity, identity]),
  ).toEqual([
    ['structure', 'public.other'],
    ['structure', 'public.job.a'],
    ['structure', 'public.job.b'],
    ['integrity', 'public.u'],
    ['behaviour', 'public.job.p'],
    ['speed', 'public.i'],
    ['access', 'work_mem'],
    ['cosmetic', 'type public.job'],
  ])
})

test('what a unique index covers is integrity, what another covers is speed', () => {
  const severities = [true, false].map((unique) => {
    const [difference] = diffCatalogs(catalog(index(unique, 'a')), catalog(index(unique, 'b')))
    return difference?.severity
  })
  expect(severities).toEqual(['integrity', 'speed'])
})

test('equal but for the name is said of all candidates, and of no others', () => {
  const here = catalog(
    table('job'),
    column('job', 'x'),
    column('job', 'y'),
    column('job', 'z', { type: 'text' }),
  )
  const there = catalog(table('job'), column('job', 'a'), column('job', 'b', { type: 'date' }))
  const found = diffCatalogs(here, there).map(({ identity, possibleRenames }) => [
    identity,
    possibleRenames,
  ])
  expect(Object.fromEntries(found)).toEqual({
    'public.job.a': ['public.job.x', 'public.job.y'],
    'public.job.b': [],
    'public.job.x': ['public.job.a'],
    'public.job.y': ['public.job.a'],
    'public.job.z': [],
  })
})

test('a column is no possible rename of one of another table, nor a table of one with other columns', () => {
  const here = catalog(
    table('job'),
    column('job', 'id'),
    table('a'),
    column('a', 'id'),
    column('a', 'n'),
  )
  const there = catalog(table('job'), column('job', 'id'), table('b'), column('b', 'id'))
  expect(diffCatalogs(here, there).map(({ possibleRenames }) => possibleRenames)).toEqual([[], []])
})

test('equal catalogs differ in nothing, also when objects come in another order', () => {
  const objects = [table('job'), column('job', 'id'), column('job', 'n')]
  expect(diffCatalogs({ objects }, { objects: objects.toReversed() })).toEqual([])
})
