import { shown } from '../../phase/release.ts'
import { listStrongLocks, nameOf } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const lockTable: Rule = {
  id: 'lock-table',
  level: 'warning',
  hazards: ['blocks-reads', 'blocks-writes', 'long-lock'],
  problem: 'LOCK TABLE stops others until the transaction ends, whatever it does meanwhile.',
  why: 'Each statement takes the lock that it needs by itself, and the migrator asks for it without making others wait.',
  instead:
    'Leave it out; where rows must not change between two statements, lock those: SELECT … FOR UPDATE.',
  check(statement, context) {
    if (!('LockStmt' in statement.node)) return []
    return listStrongLocks(statement, context).map((lock) => ({
      about: shown(nameOf(lock)),
      table: nameOf(lock),
    }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: "begin; set local lock_timeout = '2s'; lock table t in share mode; commit",
    safe: "begin; set local lock_timeout = '2s'; select id from t for update; commit",
    isPlainFile: true,
  },
}
