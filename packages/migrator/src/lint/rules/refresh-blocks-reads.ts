import { shown, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const refreshBlocksReads: Rule = {
  id: 'refresh-blocks-reads',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads'],
  problem: 'nobody reads the materialized view until it is computed again.',
  why: 'It holds ACCESS EXCLUSIVE on the view. CONCURRENTLY holds EXCLUSIVE, under which everybody reads; it needs a unique index of columns alone.',
  instead: 'REFRESH … CONCURRENTLY.',
  check({ node }) {
    if (!('RefreshMatViewStmt' in node) || node.RefreshMatViewStmt.concurrent) return []
    const table = toName(node.RefreshMatViewStmt.relation)
    return [{ about: shown(table), table }]
  },
  example: {
    given:
      'create table t (id bigint primary key); create materialized view m as select id from t; create unique index m_id on m (id)',
    unsafe: 'refresh materialized view m',
    safe: 'refresh materialized view concurrently m',
  },
}
