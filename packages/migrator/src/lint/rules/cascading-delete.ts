import { shown } from '../../phase/release.ts'
import { listConstraints } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const cascadingDelete: Rule = {
  id: 'cascading-delete',
  level: 'warning',
  hazards: ['deletes-data', 'costs-later'],
  problem: 'one DELETE over there deletes any number of rows here, in one transaction.',
  why: 'ON DELETE CASCADE has no limit: deleting one row of a busy parent may lock and delete millions.',
  instead:
    'Delete in batches by the application; or allow it, where the rows belong to the parent and are few.',
  isOfNewTables: true,
  check({ node }) {
    return listConstraints(node).flatMap(({ table, constraint, columns }) =>
      constraint.contype === 'CONSTR_FOREIGN' && constraint.fk_del_action === 'c'
        ? [{ about: `${shown(table)}.${columns.join(', ')}`, table }]
        : [],
    )
  },
  example: {
    given: 'create table r (id bigint primary key)',
    unsafe: 'create table t (r_id bigint references r on delete cascade); create index on t (r_id)',
    safe: 'create table t (r_id bigint references r); create index on t (r_id)',
    differs: 'the foreign key refuses',
  },
}
