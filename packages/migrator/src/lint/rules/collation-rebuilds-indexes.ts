import { shown } from '../../phase/release.ts'
import { isRebuild, listTypeChanges } from '../../known/type-changes.ts'
import type { Rule } from '../rule.ts'

export const collationRebuildsIndexes: Rule = {
  id: 'collation-rebuilds-indexes',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes'],
  problem:
    'the new type or collation writes no row again, but builds indexes again while nobody reads or writes the table.',
  why: 'They are built under ACCESS EXCLUSIVE. PostgreSQL 15–18 keep an index only if its order stays, it has no expression and no WHERE, and its table has no partitions: not even under a longer varchar.',
  instead:
    'Build an index with the other collation CONCURRENTLY, and let queries name it. Of another type: drop the indexes CONCURRENTLY before, and build them CONCURRENTLY afterwards.',
  check({ node }, { known }) {
    return listTypeChanges(node, known)
      .filter(isRebuild)
      .map(({ table, name, rebuilt }) => ({
        about: `${shown(table)}.${name} in ${rebuilt.join(', ')}`,
        table,
      }))
  },
  example: {
    given: 'create table t (id bigint primary key, a text); create index t_a on t (a)',
    unsafe: 'alter table t alter column a type text collate "C"',
    safe: 'create index concurrently t_a_c on t (a collate "C")',
    differs: 'an index has the order, and the column keeps its own',
  },
}
