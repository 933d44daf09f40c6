import { shown } from '../../phase/release.ts'
import { listStrongLocks, nameOf } from '../locks.ts'
import { listEarlier } from '../neighbours.ts'
import { findSetting } from '../session-settings.ts'
import type { Rule } from '../rule.ts'

export const lockWithoutTimeout: Rule = {
  id: 'lock-without-timeout',
  level: 'warning',
  hazards: ['blocks-reads', 'blocks-writes', 'long-lock'],
  problem:
    'it may wait for its lock for any time, and every later query of the table waits after it.',
  why: 'Measured: behind a transaction of 10 s a plain SELECT was stuck for 9 s; with a lock_timeout of 50 ms and new tries, for 94–187 ms. The migrator sets one and tries again.',
  instead: "Set lock_timeout first ('50ms' to '2s'), and try again when it fails.",
  isOfPlainFiles: true,
  check(statement, context) {
    const [lock] = listStrongLocks(statement, context)
    if (!lock || findSetting(statement, context, 'lock_timeout') !== undefined) return []
    const isFirst = listEarlier(statement, context).every(
      (one) => listStrongLocks(one, context).length === 0,
    )
    return isFirst ? [{ about: shown(nameOf(lock)), table: nameOf(lock) }] : []
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'alter table t add column a int',
    safe: "set lock_timeout = '2s'; alter table t add column a int",
  },
}
