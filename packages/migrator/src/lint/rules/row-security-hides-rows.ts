import { shown, toKey, toName } from '../../phase/release.ts'
import { keysIn, listEarlier } from '../neighbours.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const rowSecurityHidesRows: Rule = {
  id: 'row-security-hides-rows',
  level: 'error',
  hazards: ['changes-access', 'breaks-previous-release'],
  problem: 'row security without a policy shows no row to anybody but the owner.',
  why: 'It takes effect with the commit. Every query of the application returns nothing, and every INSERT is refused.',
  instead: 'Create the policies first, in the same transaction or an earlier one.',
  check(statement, context) {
    const enabled = listCommands(statement.node, 'EnableRowSecurity')
    if (enabled.length === 0) return []
    const made = keysIn(listEarlier(statement, context), (node) =>
      'CreatePolicyStmt' in node ? toName(node.CreatePolicyStmt.table) : undefined,
    )
    return enabled
      .filter(({ table }) => !made.has(toKey(table)) && !context.known.table(table)?.hasPolicy)
      .map(({ table }) => ({ about: shown(table), table }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'alter table t enable row level security',
    safe: 'create policy all_rows on t using (true); alter table t enable row level security',
    differs: 'there is a policy',
  },
}
