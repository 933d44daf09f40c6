import { shown, toKey, toName } from '../../phase/release.ts'
import { listVolatileCalls } from '../../sql/volatile-calls.ts'
import { keysIn, listLater } from '../neighbours.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const defaultLeavesOldRows: Rule = {
  id: 'default-leaves-old-rows',
  level: 'warning',
  hazards: ['costs-later'],
  problem: 'the default counts for new rows only, and nothing fills the ones that are there.',
  why: 'SET DEFAULT changes no row. A default that differs by row is meant for each of them, so the backfill is likely forgotten.',
  instead: 'Fill the old rows in the same migration, in statements of their own.',
  check(statement, context) {
    const defaults = listCommands(statement.node, 'ColumnDefault')
    if (defaults.length === 0) return []
    const filled = keysIn(listLater(statement, context), (node) =>
      'UpdateStmt' in node ? toName(node.UpdateStmt.relation) : undefined,
    )
    return defaults.flatMap(({ table, name, command: { def } }) => {
      const isFilled = filled.has(toKey(table)) || context.known.table(table)?.required.has(name)
      return def && listVolatileCalls(def).length > 0 && !isFilled
        ? [{ about: `${shown(table)}.${name}`, table }]
        : []
    })
  },
  example: {
    given: 'create table t (id int primary key, u uuid); insert into t values (1, null)',
    unsafe: 'alter table t alter column u set default gen_random_uuid()',
    safe: 'alter table t alter column u set default gen_random_uuid(); update t set u = default where u is null',
    isAlone: true,
  },
}
