import { shownIndex, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const concurrentlyOnPartitioned: Rule = {
  id: 'concurrently-on-partitioned',
  level: 'error',
  hazards: ['refused'],
  problem: 'PostgreSQL builds no index CONCURRENTLY on a partitioned table.',
  why: 'It refuses with 0A000 on every version.',
  instead:
    'Make the index ON ONLY the partitioned table, build one CONCURRENTLY on each partition, and attach them.',
  check({ node }, { known }) {
    if (!('IndexStmt' in node) || !node.IndexStmt.concurrent) return []
    const table = toName(node.IndexStmt.relation)
    return known.table(table)?.isPartitioned ? [{ about: shownIndex(node.IndexStmt), table }] : []
  },
  example: {
    given:
      'create table p (id int, at date) partition by range (at); create table p1 partition of p for values from (minvalue) to (maxvalue)',
    unsafe: 'create index concurrently p_id on p (id)',
    fails: '0A000',
    safe: 'create index p_id on only p (id); create index concurrently p1_id on p1 (id); alter index p_id attach partition p1_id',
  },
}
