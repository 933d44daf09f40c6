import { shown, toName } from '../../phase/release.ts'
import { hasOption } from '../../sql/lock-parts.ts'
import type { Rule } from '../rule.ts'

export const reindexBlocks: Rule = {
  id: 'reindex-blocks',
  level: 'error',
  hazards: ['long-lock', 'blocks-writes', 'blocks-reads'],
  problem:
    'REINDEX keeps everybody from writing to the table, and from reading by the index, until it is built.',
  why: 'It holds SHARE on the table and ACCESS EXCLUSIVE on the index.',
  instead: 'REINDEX … CONCURRENTLY, in a migration that is not transactional.',
  check({ node }) {
    if (!('ReindexStmt' in node) || hasOption(node.ReindexStmt.params, 'concurrently')) return []
    const { relation, name, kind } = node.ReindexStmt
    const about = relation ? shown(toName(relation)) : (name ?? 'the database')
    return [
      { about, ...(kind === 'REINDEX_OBJECT_TABLE' && relation && { table: toName(relation) }) },
    ]
  },
  example: {
    given: 'create table t (id int primary key, a int); create index t_a on t (a)',
    unsafe: 'reindex index t_a',
    safe: 'reindex index concurrently t_a',
    isAlone: true,
  },
}
