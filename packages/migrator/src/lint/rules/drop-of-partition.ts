import { shown } from '../../phase/release.ts'
import { listDropped } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const dropOfPartition: Rule = {
  id: 'drop-of-partition',
  level: 'error',
  hazards: ['blocks-reads', 'blocks-writes'],
  problem:
    'it is a partition, and dropping it locks the whole partitioned table so that nobody reads or writes any of them.',
  why: 'DROP TABLE takes ACCESS EXCLUSIVE on the parent, too.',
  instead: 'Detach it CONCURRENTLY, then drop it.',
  check({ node }, { known }) {
    return listDropped(node, 'OBJECT_TABLE').flatMap((name) => {
      const table = known.table(name)?.partitionOf
      return table ? [{ about: `${shown(name)} of ${shown(table)}`, table }] : []
    })
  },
  example: {
    given:
      "create table p (id int, at date) partition by range (at); create table p1 partition of p for values from ('2026-01-01') to ('2027-01-01')",
    unsafe: 'drop table p1',
    safe: 'alter table p detach partition p1 concurrently',
    differs: 'the table goes in a later migration',
  },
}
