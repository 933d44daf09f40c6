import { expect, test } from 'vitest'
import { laterConstraints } from './later-constraints.ts'

const tidy = (text = '') => text.replaceAll(/\s+/g, ' ')

test.each([
  [
    'alter table "Odd".t add column "W" text not null',
    'ALTER TABLE "Odd".t ADD COLUMN "W" text',
    'ALTER TABLE "Odd".t ALTER COLUMN "W" SET NOT NULL',
  ],
  [
    'alter table t add a varchar(20) collate "C" not null unique, drop b, add c int null, add d numeric(3,1) check (d > 0) not null',
    'ALTER TABLE t ADD COLUMN a varchar(20) COLLATE "C", DROP COLUMN b RESTRICT, ADD COLUMN c int NULL, ADD COLUMN d numeric(3, 1)',
    'ALTER TABLE t ALTER COLUMN a SET NOT NULL, ADD UNIQUE (a), ADD CHECK (d > 0), ALTER COLUMN d SET NOT NULL',
  ],
  [
    'alter table t add a int default 1 references r (x) on delete set null deferrable initially deferred, add constraint c check (a > 0)',
    'ALTER TABLE t ADD COLUMN a int DEFAULT 1',
    'ALTER TABLE t ADD FOREIGN KEY(a) REFERENCES r (x) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, ADD CONSTRAINT c CHECK (a > 0)',
  ],
])('%s', async (sql, adds, constrains) => {
  const later = await laterConstraints(sql)
  expect([tidy(later?.adds), tidy(later?.constrains)]).toEqual([adds, constrains])
})

test.each([
  'alter table t add column w text',
  'alter table t alter column w set not null',
  'alter table t add column w text constraint mine not null',
  'create table t (w text not null)',
  'alter table t add constraint c check (w > 0)',
  'alter table t add w int check (w > 0) not enforced',
])('stays one statement: %s', async (sql) => {
  expect(await laterConstraints(sql)).toBeUndefined()
})
