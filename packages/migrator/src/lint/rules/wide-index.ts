import { shownIndex, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

/** More seldom help, and cost every write. */
const MOST_COLUMNS = 3

export const wideIndex: Rule = {
  id: 'wide-index',
  level: 'warning',
  hazards: ['costs-later'],
  problem: `an index with more than ${MOST_COLUMNS} columns that is not unique costs every write, and its last columns seldom help a query.`,
  why: 'Each write of the table writes the whole entry. What a query only returns, and does not search by, can stand in INCLUDE.',
  instead: 'Index the columns that queries search by, the most selective first.',
  isOfNewTables: true,
  check({ node }) {
    if (!('IndexStmt' in node) || node.IndexStmt.unique) return []
    const { indexParams = [], relation } = node.IndexStmt
    const table = toName(relation)
    return indexParams.length > MOST_COLUMNS ? [{ about: shownIndex(node.IndexStmt), table }] : []
  },
  example: {
    given: 'create table t (id int primary key, a int, b int, c int, d int)',
    unsafe: 'create index concurrently t_all on t (a, b, c, d)',
    safe: 'create index concurrently t_all on t (a, b)',
    differs: 'the index has fewer columns',
  },
}
