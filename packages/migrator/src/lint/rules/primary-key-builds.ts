import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import { buildsKey, isOfTableAlone } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const primaryKeyBuilds: Rule = {
  id: 'primary-key-builds',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'a primary key builds its index, or reads the table for NULLs, while nobody reads or writes it.',
  why: 'It holds ACCESS EXCLUSIVE. USING INDEX builds nothing, but reads every row where a column is not NOT NULL yet.',
  instead:
    'Require a value in each column first, build the unique index CONCURRENTLY, then add the key USING INDEX.',
  check({ node }, { known }) {
    if (isOfTableAlone(node, known)) return []
    return listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) => {
      if (!def || !('Constraint' in def) || def.Constraint.contype !== 'CONSTR_PRIMARY') return []
      return buildsKey(def.Constraint, known.table(table)) ? [{ about: shown(table), table }] : []
    })
  },
  example: {
    given: 'create table t (id int not null)',
    unsafe: 'alter table t add constraint t_pkey primary key (id)',
    safe: 'create unique index concurrently t_pkey on t (id); alter table t add constraint t_pkey primary key using index t_pkey',
    requires: {
      query: 'select count(*) as duplicates from (select from t group by id having count(*) > 1) d',
      says: 'id of t has duplicates. Remove them, then run this again.',
    },
  },
}
