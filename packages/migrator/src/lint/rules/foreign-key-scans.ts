import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const foreignKeyScans: Rule = {
  id: 'foreign-key-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-writes', 'may-fail-on-rows'],
  problem: 'a foreign key is held against every row while nobody writes to either table.',
  why: 'It holds SHARE ROW EXCLUSIVE on both tables for the scan: 420–480 ms for the worst client on 2,000,000 rows. NOT VALID and VALIDATE: 5–8 ms.',
  instead: 'Add it NOT VALID, and validate it in a transaction of its own.',
  check({ node }, { known }) {
    return listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) => {
      if (!def || !('Constraint' in def)) return []
      const { contype, skip_validation, is_enforced, conname = 'a foreign key' } = def.Constraint
      const scans = contype === 'CONSTR_FOREIGN' && !skip_validation && is_enforced !== false
      // Of those `foreign-key-of-partitioned` has another recipe.
      const isPartitioned = known.table(table)?.isPartitioned
      return scans && !isPartitioned ? [{ about: `${conname} of ${shown(table)}`, table }] : []
    })
  },
  example: {
    given:
      'create table r (id int primary key); create table t (id int primary key, r_id int); create index t_r_id on t (r_id)',
    unsafe: 'alter table t add constraint t_r foreign key (r_id) references r (id)',
  },
}
