import { shownIndex, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const duplicatesFailLate: Rule = {
  id: 'duplicates-fail-late',
  level: 'warning',
  hazards: ['may-fail-on-rows', 'not-resumable'],
  problem:
    'a unique index over duplicates fails only when it is built, and leaves an invalid one; the migration counts nothing before.',
  why: 'The build reads the whole table before it refuses. What `requires` counts is counted before any lock is taken.',
  instead: 'Count duplicates in `requires` of the migration.',
  check({ node }, { requires, isPlainFile }) {
    if (!('IndexStmt' in node) || requires.length > 0 || isPlainFile) return []
    const { unique, concurrent, relation } = node.IndexStmt
    const table = toName(relation)
    return unique && concurrent ? [{ about: shownIndex(node.IndexStmt), table }] : []
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'create unique index concurrently t_a on t (a)',
    safe: 'create unique index concurrently t_a on t (a)',
    requires: {
      query:
        'select count(*) as duplicates from (select from t where a is not null group by a having count(*) > 1) d',
      says: 'a of t has duplicates. Remove them, then run this again.',
    },
  },
}
