import { shown } from '../../phase/release.ts'
import { listStrongLocks, nameOf } from '../locks.ts'
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
    const { script } = context
    const earlier = script.slice(0, script.indexOf(statement))
    if (findSetting(script, statement, 'lock_timeout') !== undefined) return []
    // Once a file.
    if (earlier.some((one) => listStrongLocks(one, context).length > 0)) return []
    return listStrongLocks(statement, context)
      .slice(0, 1)
      .map((lock) => ({ about: shown(nameOf(lock)), table: nameOf(lock) }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'alter table t add column a int',
    safe: "set lock_timeout = '2s'; alter table t add column a int",
  },
}
