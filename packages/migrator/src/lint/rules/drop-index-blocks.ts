import { listDropped } from '../../known/parts.ts'
import { shown } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const dropIndexBlocks: Rule = {
  id: 'drop-index-blocks',
  level: 'error',
  hazards: ['blocks-reads', 'blocks-writes'],
  problem: 'DROP INDEX waits for every query of the table, and all later ones wait for it.',
  why: 'It takes ACCESS EXCLUSIVE on the table. DROP INDEX CONCURRENTLY takes SHARE UPDATE EXCLUSIVE, which keeps nobody from reading or writing.',
  instead: 'Drop it CONCURRENTLY, in a migration that is not transactional.',
  check({ node }, { known }) {
    if ('DropStmt' in node && node.DropStmt.concurrent) return []
    return listDropped(node, 'OBJECT_INDEX').map((index) => {
      const table = known.ownerOf(index)
      return { about: `index ${shown(index)}`, ...(table && { table }) }
    })
  },
  example: {
    given: 'create table t (id int primary key, a int); create index t_a on t (a)',
    unsafe: 'drop index t_a',
  },
}
