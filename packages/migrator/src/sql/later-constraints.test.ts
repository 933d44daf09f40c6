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
  [
    'alter table t add w int constraint c check (w > 0) not enforced constraint n not null, add x int references r not enforced',
    'ALTER TABLE t ADD COLUMN w int, ADD COLUMN x int',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (w > 0) NOT ENFORCED, ALTER COLUMN w SET NOT NULL, ADD FOREIGN KEY(x) REFERENCES r NOT ENFORCED',
  ],
])('%s', async (sql, adds, constrains) => {
  const later = await laterConstraints(sql, 17)
  expect([tidy(later?.adds), tidy(later?.constrains)]).toEqual([adds, constrains])
})

test('a NOT NULL keeps its name, and is not inherited, where PostgreSQL knows that', async () => {
  const sql = 'alter table t add w text constraint mine not null no inherit, add x int not null'
  const later = await laterConstraints(sql, 18)
  expect([tidy(later?.adds), tidy(later?.constrains)]).toEqual([
    'ALTER TABLE t ADD COLUMN w text, ADD COLUMN x int',
    'ALTER TABLE t ADD CONSTRAINT mine NOT NULL w NO INHERIT, ADD NOT NULL x',
  ])
})

test.each([
  'alter table t add column w text',
  'alter table t alter column w set not null',
  'create table t (w text not null)',
  'alter table t add constraint c check (w > 0)',
])('stays one statement: %s', async (sql) => {
  expect(await laterConstraints(sql, 18)).toBeUndefined()
})
