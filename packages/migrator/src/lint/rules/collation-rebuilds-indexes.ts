import { shown } from '../../phase/release.ts'
import { isInPlace, listTypeChanges } from '../../known/type-changes.ts'
import type { Rule } from '../rule.ts'

export const collationRebuildsIndexes: Rule = {
  id: 'collation-rebuilds-indexes',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes'],
  problem:
    'another collation, or another type in a partitioned table, builds every index of the column again while nobody reads or writes the table.',
  why: 'Rows stay as they are, but their order does not: the indexes are built under ACCESS EXCLUSIVE. PostgreSQL 15–18 keep no index of a partition where its column gets another type, not even a longer varchar.',
  instead: 'Build an index with the other collation CONCURRENTLY, and let queries name it.',
  check({ node }, { known }) {
    return listTypeChanges(node, known).flatMap((change) => {
      const { table, name, to, isIndexedInPartitions } = change
      const indexes = [...(known.table(table)?.indexes.values() ?? [])]
      const isIndexed = indexes.some(({ columns }) => columns.includes(name))
      const isRebuilt = (to.collClause && isIndexed) || (isInPlace(change) && isIndexedInPartitions)
      return isRebuilt ? [{ about: `${shown(table)}.${name}`, table }] : []
    })
  },
  example: {
    given: 'create table t (id bigint primary key, a text); create index t_a on t (a)',
    unsafe: 'alter table t alter column a type text collate "C"',
    safe: 'create index concurrently t_a_c on t (a collate "C")',
    differs: 'an index has the order, and the column keeps its own',
  },
}
