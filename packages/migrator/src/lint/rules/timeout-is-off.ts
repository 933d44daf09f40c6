import { listStrongLocks } from '../locks.ts'
import { listLater } from '../neighbours.ts'
import { readSetting } from '../session-settings.ts'
import type { Rule } from '../rule.ts'

const TIMEOUTS = new Set([
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
])

export const timeoutIsOff: Rule = {
  id: 'timeout-is-off',
  level: 'error',
  hazards: ['blocks-reads', 'blocks-writes', 'long-lock'],
  problem:
    'the limit is turned off before a statement that stops others, which then may wait or work for any time.',
  why: 'While a strong lock is waited for, every later query of the table waits too: the limit is what ends that.',
  instead:
    'Leave the limits to the migrator. A build CONCURRENTLY may have lock_timeout 0: it stops nobody.',
  check(statement, context) {
    const set = readSetting(statement.node)
    if (!set || !TIMEOUTS.has(set.name) || !/^0\D*$/.test(set.value ?? '')) return []
    const rest = listLater(statement, context)
    const end = rest.findIndex(({ node }) => readSetting(node)?.name === set.name)
    const covered = end < 0 ? rest : rest.slice(0, end)
    return covered.some((one) => listStrongLocks(one, context).length > 0)
      ? [{ about: set.name }]
      : []
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'set lock_timeout = 0; alter table t add column a int',
    safe: 'alter table t add column a int',
  },
}
