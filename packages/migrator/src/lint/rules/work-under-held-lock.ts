import type { LockMode } from '../../migration.ts'
import { shown } from '../../phase/release.ts'
import { listAlterations, listCommands } from '../../known/parts.ts'
import { listHeldTables, listWork, showTables } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const workUnderHeldLock: Rule = {
  id: 'work-under-held-lock',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes'],
  problem:
    'it reads or builds for as long as the table is large, while its transaction still holds a lock that stops every reader, or every writer.',
  why: 'A lock is held until the end of its transaction: VALIDATE after NOT VALID in one transaction reads the table under the ACCESS EXCLUSIVE of the first, or of a foreign key under SHARE ROW EXCLUSIVE on both tables.',
  instead:
    'End the transaction before it: one statement with a strong lock, and what takes long, each in a transaction of its own.',
  check(statement, context) {
    // One ALTER TABLE takes the strongest lock of all that it does, before the first.
    const [validation, ...others] = listCommands(statement.node, 'ValidateConstraint')
    const commands = listAlterations(statement.node)
    if (validation && commands.length > others.length + 1)
      return [{ about: `${shown(validation.table)} while it is locked`, table: validation.table }]
    const [table] = listWork(statement, context)
    const held = table ? listHeldTables(statement, context, HELD) : []
    if (!table || held.length === 0) return []
    return [{ about: `${shown(table)} while ${showTables(held)} is locked`, table }]
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

/** A foreign key or a trigger stops writers only; of an index that is built, which does as well, another rule speaks. */
const HELD: readonly LockMode[] = ['SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE']
