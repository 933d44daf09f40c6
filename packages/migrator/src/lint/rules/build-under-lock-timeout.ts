import { shownIndex } from '../../phase/release.ts'
import { findSetting } from '../session-settings.ts'
import type { Rule } from '../rule.ts'

export const buildUnderLockTimeout: Rule = {
  id: 'build-under-lock-timeout',
  level: 'error',
  hazards: ['not-resumable'],
  problem:
    'a lock_timeout may end the build while it waits for old transactions, and leave an invalid index.',
  why: 'Measured on 12, 15 and 18: with an old snapshot open, the build fails with 55P03 after the timeout. The index stays, is written by every write, and is used by no query.',
  instead:
    'Set lock_timeout to 0 for the build alone. If it was interrupted, drop the invalid index before the next try.',
  check(statement, context) {
    const { node } = statement
    if (!('IndexStmt' in node) || !node.IndexStmt.concurrent) return []
    const timeout = findSetting(statement, context, 'lock_timeout')
    if (timeout === undefined || timeout === '0') return []
    return [
      {
        about: shownIndex(node.IndexStmt),
      },
    ]
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: "set lock_timeout = '2s'; create index concurrently t_a on t (a)",
    safe: 'set lock_timeout = 0; create index concurrently t_a on t (a)',
  },
}
