import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const enforcingScans: Rule = {
  id: 'enforcing-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'ENFORCED reads the whole table while nobody reads or writes it, and locks the table that is referred to.',
  why: 'Measured on 18: ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE on the other one for the whole scan.',
  instead: 'Add the foreign key NOT VALID in place of NOT ENFORCED, and validate it.',
  check({ node }) {
    return listCommands(node, 'AlterConstraint').flatMap(({ table, command: { def } }) => {
      if (!def || !('ATAlterConstraint' in def)) return []
      const { conname, alterEnforceability, is_enforced } = def.ATAlterConstraint
      return alterEnforceability && is_enforced
        ? [{ about: `${conname} of ${shown(table)}`, table }]
        : []
    })
  },
  example: {
    given:
      'create table r (id bigint primary key); create table t (id bigint primary key, r_id bigint, constraint t_r foreign key (r_id) references r not enforced); create index t_r_id on t (r_id)',
    unsafe: 'alter table t alter constraint t_r enforced',
    safe: 'alter table t drop constraint t_r; alter table t add constraint t_r foreign key (r_id) references r not valid; alter table t validate constraint t_r',
    isAlone: true,
    since: 18,
  },
}
