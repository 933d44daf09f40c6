import { keysIn, listLater } from '../neighbours.ts'
import { listDropped } from '../../known/parts.ts'
import { shown, toKey, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const indexGoneBeforeNext: Rule = {
  id: 'index-gone-before-next',
  level: 'warning',
  hazards: ['costs-later'],
  problem:
    'the old index goes before the one that takes its place is built, and queries have neither meanwhile.',
  why: 'While the new one is built, which takes minutes on a large table, every query that used the old one reads the whole table.',
  instead: 'Build the new index first, then drop the old one.',
  check(statement, context) {
    const dropped = listDropped(statement.node, 'OBJECT_INDEX')
    if (dropped.length === 0) return []
    const later = keysIn(listLater(statement, context), (node) =>
      'IndexStmt' in node ? toName(node.IndexStmt.relation) : undefined,
    )
    return dropped.flatMap((index) => {
      const table = context.known.ownerOf(index)
      return table && later.has(toKey(table)) ? [{ about: `index ${shown(index)}`, table }] : []
    })
  },
  example: {
    given: 'create table t (id int primary key, a int, b int); create index t_a on t (a)',
    unsafe: 'drop index concurrently t_a; create index concurrently t_a_b on t (a, b)',
    safe: 'create index concurrently t_a_b on t (a, b); drop index concurrently t_a',
    isAlone: true,
  },
}
