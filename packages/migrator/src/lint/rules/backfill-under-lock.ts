import { shown, toName } from '../../phase/release.ts'
import { listHeldTables, showTables } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const backfillUnderLock: Rule = {
  id: 'backfill-under-lock',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes'],
  problem: 'it changes rows while its transaction holds a lock that stops every reader.',
  why: 'ADD COLUMN is over in milliseconds, but its ACCESS EXCLUSIVE is held until the transaction ends: for the whole UPDATE.',
  instead:
    'Change the rows in a transaction of their own: in the next migration, or in one that is not transactional.',
  check(statement, context) {
    const { node } = statement
    const relation =
      'UpdateStmt' in node
        ? node.UpdateStmt.relation
        : 'DeleteStmt' in node
          ? node.DeleteStmt.relation
          : undefined
    const held = relation ? listHeldTables(statement, context) : []
    if (held.length === 0) return []
    const table = toName(relation)
    return [{ about: `${shown(table)} while ${showTables(held)} is locked`, table }]
  },
  example: {
    given: 'create table t (id bigint primary key); insert into t values (1)',
    unsafe: 'alter table t add column a int; update t set a = 1 where a is null',
    safe: 'alter table t add column a int; update t set a = 1 where a is null',
    isAlone: true,
  },
}
