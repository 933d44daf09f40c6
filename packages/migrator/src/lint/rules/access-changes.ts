import { shown, toName } from '../../phase/release.ts'
import { listCommands, listDropped } from '../../known/parts.ts'
import type { Problem, Rule } from '../rule.ts'

export const accessChanges: Rule = {
  id: 'access-changes',
  level: 'warning',
  hazards: ['changes-access', 'blocks-reads'],
  problem: 'who may see or change its rows is another question afterwards.',
  why: 'Owner, rules, replica identity, a policy that goes and row security that is turned off take ACCESS EXCLUSIVE for a moment, and no error says that a role sees more or less than before.',
  instead: 'Let a second person review it, and name the reason in `allow`.',
  check({ node }): readonly Problem[] {
    const altered = listCommands(
      node,
      'ChangeOwner',
      'DisableRowSecurity',
      'NoForceRowSecurity',
      'ReplicaIdentity',
    ).map(({ table }) => ({ about: shown(table), table }))
    const policies = listDropped(node, 'OBJECT_POLICY').map(({ name }) => ({
      about: `policy ${name}`,
    }))
    if (!('RuleStmt' in node)) return [...altered, ...policies]
    const table = toName(node.RuleStmt.relation)
    return [{ about: `rule ${node.RuleStmt.rulename} of ${shown(table)}`, table }]
  },
  example: {
    given: 'create table t (id bigint primary key); create policy own on t using (true)',
    unsafe: 'drop policy own on t',
    safe: 'alter policy own on t using (id > 0)',
    differs: 'the policy stays, with other rows',
  },
}
