import { expect, test } from 'vitest'
import { haveOtherTypes } from './written-types.ts'

test.each([
  ['int', 'integer'],
  ['int4', 'INT'],
  ['varchar(20)', 'character varying(20)'],
  ['numeric(8, 2)', 'decimal(8,2)'],
  ['timestamptz(0)', 'timestamp(0) with time zone'],
  ['timestamp', 'timestamp without time zone'],
  ['double precision', 'float8'],
  ['text[]', 'text []'],
  ['"My Type"', '"My Type"'],
])('%s is %s', (type, other) => {
  expect(haveOtherTypes({ type }, { type: other })).toBe(false)
})

test.each([
  ['timestamp', 'timestamptz'],
  ['timestamp(3)', 'timestamp'],
  ['json', 'jsonb'],
  ['text[]', 'int[]'],
  ['text', 'text[]'],
  ['numeric(8,2)', 'numeric(8,3)'],
  ['time', 'timetz'],
])('%s is not %s', (type, other) => {
  expect(haveOtherTypes({ type }, { type: other })).toBe(true)
  expect(haveOtherTypes({ type, generated: 'a' }, { type: other })).toBe(false)
  expect(haveOtherTypes({ type }, { type: other, ignoreSchemaChanges: ['type'] })).toBe(false)
})
