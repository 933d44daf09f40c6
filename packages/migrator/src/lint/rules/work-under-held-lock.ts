import { shown } from '../../phase/release.ts'
import { listHeldTables, listWork } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const workUnderHeldLock: Rule = {
  id: 'work-under-held-lock',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes'],
  problem:
    'it reads or builds for as long as the table is large, while its transaction still holds a lock that stops every reader.',
  why: 'A lock is held until the end of its transaction: VALIDATE after NOT VALID in one transaction reads the table under the ACCESS EXCLUSIVE of the first.',
  instead:
    'End the transaction before it: one statement with a strong lock, and what takes long, each in a transaction of its own.',
  check(statement, context) {
    const held = listHeldTables(statement, context)
    return held.length === 0
      ? []
      : listWork(statement, context)
          .slice(0, 1)
          .map((table) => ({
            about: `${shown(table)} while ${held.map(shown).join(', ')} is locked`,
            table,
          }))
  },
  example: {
    given:
      'create table t (id int primary key, a int); alter table t add constraint c check (a > 0) not valid',
    unsafe:
      "set lock_timeout = '2s'; begin; alter table t add column b int; alter table t validate constraint c; commit",
    safe: "set lock_timeout = '2s'; alter table t add column b int; alter table t validate constraint c",
    isPlainFile: true,
  },
}
