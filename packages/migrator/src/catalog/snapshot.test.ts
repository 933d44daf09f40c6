import { expect, test } from 'vitest'
import {
  diffCatalogs,
  fingerprint,
  fingerprintObject,
  parseCatalog,
  serializeCatalog,
  type Catalog,
} from './index.ts'

const CATALOG: Catalog = {
  objects: [
    { kind: 'table', identity: 'public.job', rowSecurity: true, comment: 'two\nlines' },
    {
      kind: 'column',
      identity: 'public.job.id',
      of: 'public.job',
      type: 'integer',
      notNull: true,
      noted: { position: 1 },
    },
    { kind: 'function', identity: 'public.f()', routine: 'function', language: 'sql', cost: 7 },
  ],
}

const TEXT = serializeCatalog(CATALOG)
const LINES = TEXT.split('\n')

test('writes one object a line, the same whatever order the objects have', () => {
  expect(LINES).toEqual([
    `{"catalog":1,"fingerprint":"${fingerprint(CATALOG)}"}`,
    '{"kind":"table","identity":"public.job","rowSecurity":true,"comment":"two\\nlines"}',
    '{"kind":"column","identity":"public.job.id","type":"integer","notNull":true,"of":"public.job"}',
    '{"kind":"function","identity":"public.f()","routine":"function","language":"sql","cost":7}',
    '',
  ])
  expect(serializeCatalog({ objects: CATALOG.objects.toReversed() })).toBe(TEXT)
})

test('reads back what it wrote', () => {
  expect(diffCatalogs(parseCatalog(TEXT), CATALOG)).toEqual([])
  expect(serializeCatalog(parseCatalog(TEXT))).toBe(TEXT)
  expect(parseCatalog(serializeCatalog({ objects: [] }))).toEqual({ objects: [] })
})

test('reads what an earlier release wrote, with the texts that a restore leaves', () => {
  const text = `((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`
  const check = { kind: 'constraint', identity: 't.c', of: 't', type: 'check' } as const
  const old = { objects: [{ ...check, expression: text }] }
  const lines = serializeCatalog(old).replace(/c2:\w+/, fingerprint(old, 'c1'))
  expect(parseCatalog(lines)).toEqual({
    objects: [{ ...check, expression: `((v)::text = ANY (ARRAY['a'::text, 'b'::text]))` }],
  })
})

test.each([
  ['nothing', '', 1],
  ['other text', 'CREATE TABLE job (id int);', 1],
  ['a JSON number', '1', 1],
  ['null', 'null', 1],
  ['another format', TEXT.replace('"catalog":1', '"catalog":2'), 1],
  ['a line that is cut off', LINES.slice(0, 2).join('\n').slice(0, -5), 2],
  ['a merge conflict', [LINES[0], '<<<<<<< HEAD', ...LINES.slice(1)].join('\n'), 2],
  ['an unknown kind', TEXT.replace('"kind":"table"', '"kind":"tables"'), 2],
  ['an object without identity', TEXT.replace('"identity":"public.job",', ''), 2],
  ['an unknown property', TEXT.replace('"rowSecurity"', '"rowsecurity"'), 2],
  ['a property of Object', TEXT.replace('"rowSecurity"', '"constructor"'), 2],
  ['a changed value', TEXT.replace('"type":"integer"', '"type":"bigint"'), 1],
  ['a missing line', LINES.toSpliced(2, 1).join('\n'), 1],
])('refuses %s in one line', (_, text, line) => {
  expect(() => parseCatalog(text)).toThrow(
    expect.objectContaining({
      code: 'SNAPSHOT_UNREADABLE',
      message: expect.stringMatching(`^This is no catalog snapshot: line ${line}, .*\\.$`),
    }),
  )
})

test('a fingerprint names its version and depends on nothing that is only noted', () => {
  const [table, column, routine] = CATALOG.objects
  if (!table || !column || !routine) throw new Error('The sample has three objects.')
  expect(fingerprint(CATALOG)).toBe(
    'c2:9602fa15887e85e56f1b57b818baa524342d08b0aadafa009d0c13c4ec2e837e',
  )
  expect(fingerprint({ objects: [routine, { ...column, noted: { position: 9 } }, table] })).toBe(
    fingerprint(CATALOG),
  )
  expect(fingerprintObject({ ...column, noted: {} })).toBe(fingerprintObject(column))
  expect(fingerprintObject(column)).not.toBe(fingerprintObject(table))
})
