import { expect, test } from 'vitest'
import { laterNotNull } from './later-not-null.ts'

const tidy = (text = '') => text.replaceAll(/\s+/g, ' ')

test.each([
  [
    'alter table "Odd".t add column "W" text not null',
    'ALTER TABLE "Odd".t ADD COLUMN "W" text',
    'ALTER TABLE "Odd".t ALTER COLUMN "W" SET NOT NULL',
  ],
  [
    'alter table t add a varchar(20) collate "C" not null unique, drop b, add c int null, add d numeric(3,1) check (d > 0) not null',
    'ALTER TABLE t ADD COLUMN a varchar(20) COLLATE "C" UNIQUE, DROP COLUMN b RESTRICT, ADD COLUMN c int NULL, ADD COLUMN d numeric(3, 1) CHECK (d > 0)',
    'ALTER TABLE t ALTER COLUMN a SET NOT NULL, ALTER COLUMN d SET NOT NULL',
  ],
])('%s', async (sql, adds, constrains) => {
  const later = await laterNotNull(sql)
  expect([tidy(later?.adds), tidy(later?.constrains)]).toEqual([adds, constrains])
})

test.each([
  'alter table t add column w text',
  'alter table t alter column w set not null',
  'alter table t add column w text constraint mine not null',
  'create table t (w text not null)',
])('stays one statement: %s', async (sql) => {
  expect(await laterNotNull(sql)).toBeUndefined()
})
