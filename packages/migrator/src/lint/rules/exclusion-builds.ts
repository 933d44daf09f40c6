import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const exclusionBuilds: Rule = {
  id: 'exclusion-builds',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'an exclusion constraint builds its index while nobody reads or writes the table, and there is no form that does not.',
  why: 'It holds ACCESS EXCLUSIVE for the whole build. PostgreSQL takes over no index for it.',
  instead:
    'Make a new table with the constraint and move the rows; or let a trigger refuse; or do it at a quiet time, and name the reason.',
  check({ node }) {
    return listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) =>
      def && 'Constraint' in def && def.Constraint.contype === 'CONSTR_EXCLUSION'
        ? [{ about: `${def.Constraint.conname ?? 'a constraint'} of ${shown(table)}`, table }]
        : [],
    )
  },
  example: {
    given: 'create table t (id bigint primary key, during daterange)',
    unsafe: 'alter table t add constraint t_during exclude using gist (during with &&)',
    safe: 'create table t_next (id bigint primary key, during daterange, constraint t_next_during exclude using gist (during with &&))',
    differs: 'it is a new table',
  },
}
