import type { Constraint } from '@pgsql/types'
import { shown } from '../../phase/release.ts'
import { listAddedColumns } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const inlineConstraintScans: Rule = {
  id: 'inline-constraint-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes'],
  problem:
    'a constraint behind the new column is checked against every row, or its index is built, while nobody reads or writes the table.',
  why: 'ADD COLUMN holds ACCESS EXCLUSIVE. CHECK reads the whole table even with a constant default, so does REFERENCES with a default, and UNIQUE builds its index.',
  instead:
    'Add the column alone. Then add the constraint NOT VALID and validate it, or build the unique index CONCURRENTLY and use it.',
  check({ node }) {
    return listAddedColumns(node).flatMap(({ table, name, constraints }) => {
      const hasDefault = constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT')
      return constraints.some((one) => worksOnRows(one, hasDefault))
        ? [{ about: `${shown(table)}.${name}`, table }]
        : []
    })
  },
  example: {
    given: 'create table t (id int primary key)',
    unsafe: 'alter table t add column a int default 1 check (a > 0)',
    safe: 'alter table t add column a int default 1; alter table t add constraint t_a_check check (a > 0) not valid; alter table t validate constraint t_a_check',
  },
}

function worksOnRows({ contype, is_enforced }: Constraint, hasDefault: boolean): boolean {
  if (contype === 'CONSTR_FOREIGN') return hasDefault && is_enforced !== false
  if (contype === 'CONSTR_CHECK') return is_enforced !== false
  return contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY'
}
