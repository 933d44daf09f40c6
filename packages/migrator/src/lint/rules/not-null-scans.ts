import { shown } from '../../phase/release.ts'
import { readName } from '../../sql/names.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const notNullScans: Rule = {
  id: 'not-null-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem: 'NOT NULL reads the whole table while nobody reads or writes it.',
  why: 'It holds ACCESS EXCLUSIVE for the scan: 255–380 ms for the worst client on 2,000,000 rows, 5–48 ms by a CHECK that is validated first. One that is NOT VALID does not count.',
  instead:
    'Add a CHECK (… IS NOT NULL) that is NOT VALID, validate it, SET NOT NULL, drop the CHECK. On PostgreSQL 18, ADD CONSTRAINT … NOT NULL … NOT VALID, then VALIDATE.',
  check({ node }, { known }) {
    // PostgreSQL 18 has it as a constraint, too.
    const added = listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) =>
      def &&
      'Constraint' in def &&
      def.Constraint.contype === 'CONSTR_NOTNULL' &&
      !def.Constraint.skip_validation
        ? (def.Constraint.keys ?? []).map((key) => ({ table, name: readName(key).name }))
        : [],
    )
    return [...listCommands(node, 'SetNotNull'), ...added]
      .filter(({ table, name }) => !known.isRequired(table, name, node))
      .map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t alter column a set not null',
  },
}
