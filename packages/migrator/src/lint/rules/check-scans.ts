import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import { isRewrite, listTypeChanges } from '../../known/type-changes.ts'
import type { Rule } from '../rule.ts'

export const checkScans: Rule = {
  id: 'check-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem: 'a CHECK is held against every row while nobody reads or writes the table.',
  why: 'It holds ACCESS EXCLUSIVE for the scan: 230–290 ms for the worst client on 2,000,000 rows. NOT VALID and VALIDATE: 5 ms. A column that gets another type, even in place, has its CHECKs held against every row again.',
  instead:
    'Add it NOT VALID, and validate it in a transaction of its own; drop it in the statement that changes the type.',
  check({ node }, { known }) {
    const again = listTypeChanges(node, known)
      .filter((change) => !isRewrite(change))
      .flatMap(({ table, rechecked }) => rechecked.map((name) => ({ table, name })))
      .map(({ table, name }) => ({ about: `${name} of ${shown(table)}, again`, table }))
    const added = listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) => {
      if (!def || !('Constraint' in def)) return []
      const { contype, skip_validation, is_enforced, conname = 'a CHECK' } = def.Constraint
      const scans = contype === 'CONSTR_CHECK' && !skip_validation && is_enforced !== false
      return scans ? [{ about: `${conname} of ${shown(table)}`, table }] : []
    })
    return [...added, ...again]
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t add constraint t_a_positive check (a > 0)',
  },
}
