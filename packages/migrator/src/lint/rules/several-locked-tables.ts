import { shown, toKey } from '../../phase/release.ts'
import { listHeldTables, listStrongLocks, nameOf, showTables } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const severalLockedTables: Rule = {
  id: 'several-locked-tables',
  level: 'warning',
  hazards: ['blocks-reads', 'blocks-writes', 'long-lock'],
  problem: 'one transaction locks several tables, and holds the first while it waits for the next.',
  why: 'Everybody who reads the first waits for as long as the second is busy. Two transactions that lock in another order deadlock.',
  instead: 'One table a migration; or a migration that is not transactional.',
  check(statement, context) {
    const next = listStrongLocks(statement, context, ['ACCESS EXCLUSIVE']).map(nameOf)
    const held = next.length > 0 ? listHeldTables(statement, context) : []
    const before = new Set(held.map(toKey))
    return next
      .filter((table) => before.size > 0 && !before.has(toKey(table)))
      .slice(0, 1)
      .map((table) => ({ about: `${shown(table)} after ${showTables(held)}`, table }))
  },
  example: {
    given: 'create table t (id bigint primary key); create table u (id bigint primary key)',
    unsafe: 'alter table t add column a int; alter table u add column a int',
    safe: 'alter table t add column a int; alter table u add column a int',
    isAlone: true,
  },
}
