import { shown } from '../../phase/release.ts'
import { listStored } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const storedColumnRewrites: Rule = {
  id: 'stored-column-rewrites',
  level: 'error',
  hazards: ['table-rewrite', 'blocks-reads', 'blocks-writes'],
  problem:
    'a stored generated column is computed for every row, and nobody reads or writes the table meanwhile.',
  why: 'ADD COLUMN … STORED and SET EXPRESSION hold ACCESS EXCLUSIVE and write every row again. A VIRTUAL column of PostgreSQL 18 is metadata alone.',
  instead:
    'Add a plain column, fill it by a trigger and the old rows in batches. On PostgreSQL 18, make it VIRTUAL.',
  check({ node }) {
    return listStored(node).map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t add column twice int generated always as (a * 2) stored',
    safe: 'alter table t add column twice int',
    differs: 'a trigger fills the column',
  },
}
