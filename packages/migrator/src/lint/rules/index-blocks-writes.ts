import { shownIndex, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const indexBlocksWrites: Rule = {
  id: 'index-blocks-writes',
  level: 'error',
  hazards: ['long-lock', 'blocks-writes'],
  problem: 'CREATE INDEX keeps everybody from writing to the table until the index is built.',
  why: 'It holds SHARE on the table. On 2,000,000 rows with 8 clients the worst of them waited 690–1,120 ms; with CONCURRENTLY, and without parallel workers, 10–17 ms.',
  instead: 'Build it CONCURRENTLY, in a migration that is not transactional.',
  check({ node }, { known }) {
    if (!('IndexStmt' in node) || node.IndexStmt.concurrent) return []
    const table = toName(node.IndexStmt.relation)
    // Of a partitioned table alone (ONLY, for which the parser leaves `inh` out) there is nothing to build.
    if (!node.IndexStmt.relation?.inh && known.table(table)?.isPartitioned !== false) return []
    return [{ about: shownIndex(node.IndexStmt), table }]
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'create index t_a on t (a)',
  },
}
