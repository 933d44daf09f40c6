import { table } from './faults-large.ts'
import { fault, ROWS, T, type FaultCase } from './faults.ts'

/*
 * A publication of all tables (as Debezium makes one) has the relations of the archive as well, and lets nobody update
 * or delete rows of a table that nothing identifies.
 */

const PUBLISHED = 'create publication everything for all tables'
const KEYLESS = 'create table t (id int, v text)'

const published = (name: string, given: Parameters<typeof fault>[1]): FaultCase =>
  fault(`published: ${name}`, { ...given, given: [...(given.given ?? []), PUBLISHED] })

const W = 'alter table t add column w text'
const WRITTEN = `insert into t values (201, 'a', 'b'), (202, 'a', null)`

export const publications: readonly FaultCase[] = [
  published('DROP COLUMN', {
    given: [T, ROWS],
    up: W,
    rows: [WRITTEN],
    down: 'alter table t drop w',
  }),
  published('DROP COLUMN of a table without a key', {
    given: [KEYLESS, ROWS],
    up: W,
    rows: [WRITTEN],
    down: 'alter table t drop w',
  }),
  published('DROP COLUMN of partitions without a key', {
    given: [
      'create table t (id int, v text) partition by range (id)',
      'create table t1 partition of t for values from (0) to (50); create table t2 partition of t default',
      ROWS,
    ],
    up: W,
    rows: [WRITTEN],
    down: 'alter table t drop w',
  }),
  published('DROP COLUMN of a table whose key is deferrable', {
    given: ['create table t (id int primary key deferrable, v text)', ROWS],
    up: W,
    rows: [WRITTEN],
    down: 'alter table t drop w',
  }),
  fault('published: a table that nothing is to identify', {
    given: [T, ROWS, 'alter table t replica identity nothing; create publication one for table t'],
    up: W,
    rows: [WRITTEN],
    down: 'alter table t drop w',
  }),
  published('DROP TABLE', { up: T, rows: [ROWS], down: 'drop table t' }),
  published('DROP TABLE without a key', { up: KEYLESS, rows: [ROWS], down: 'drop table t' }),
  published('DROP TABLE that is made with a row that it had', {
    up: `${T}; insert into t values (1, 'seed')`,
    rows: [`update t set v = 'mine'; insert into t values (2, 'b')`],
    down: 'drop table t',
  }),
  published('DROP TABLE without a key that is made with rows that it had', {
    up: `${KEYLESS}; insert into t values (1, 'seed'), (2, 'seed')`,
    rows: [`insert into t values (3, 'b')`],
    down: 'drop table t',
  }),
  published('a view that goes with a table', {
    given: [T, ROWS],
    up: `create table u (id int primary key, v text); create view x as select * from u`,
    rows: [`insert into u values (1, 'a')`],
    down: 'drop table u cascade',
  }),
  published('UPDATE and DELETE', {
    given: [T, ROWS],
    down: `update t set v = 'x'; update t set v = 'y' where id < 9; delete from t where id < 5; update t set id = id + 1000`,
  }),
  published('TRUNCATE', { given: [KEYLESS, ROWS], down: 'truncate t' }),
  published('ALTER TYPE', {
    given: [KEYLESS, ROWS],
    up: 'alter table t alter v type text collate "C"',
    down: 'alter table t alter v type varchar(2) using left(v, 2)',
  }),
  published('DROP COLUMN of a large table without a key', {
    given: [table('', 'int')],
    up: W,
    rows: [WRITTEN.replace('t values', 't (id, v, w) values')],
    down: 'alter table t drop w',
  }),
  published('UPDATE, then DROP COLUMN', {
    given: [T, ROWS],
    up: W,
    rows: [WRITTEN],
    down: `update t set w = 'x'; alter table t drop w`,
  }),
]
