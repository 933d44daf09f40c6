import { columnKey, shown, toKey, toName } from '../../phase/release.ts'
import { listVolatileCalls } from '../../sql/volatile-calls.ts'
import { keysIn, listLater } from '../neighbours.ts'
import { listCommands, type Alteration } from '../../known/parts.ts'
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
    const later = listLater(statement, context)
    const filled = keysIn(later, (node) =>
      'UpdateStmt' in node ? toName(node.UpdateStmt.relation) : undefined,
    )
    const again = new Set(
      later.flatMap(({ node }) => listCommands(node, 'ColumnDefault')).map(keyOf),
    )
    return defaults.flatMap((one) => {
      const { table, name, command } = one
      const isFilled = filled.has(toKey(table)) || context.known.table(table)?.required.has(name)
      const isMeant =
        listVolatileCalls(command.def).length > 0 && !isFilled && !again.has(keyOf(one))
      return isMeant ? [{ about: `${shown(table)}.${name}`, table }] : []
    })
  },
  example: {
    given: 'create table t (id int primary key, u uuid); insert into t values (1, null)',
    unsafe: 'alter table t alter column u set default gen_random_uuid()',
    safe: 'alter table t alter column u set default gen_random_uuid(); update t set u = default where u is null',
    isAlone: true,
  },
}

const keyOf = ({ table, name }: Alteration) => columnKey(table, name)
