import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import { isOfTableAlone } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const uniqueKeyBuilds: Rule = {
  id: 'unique-key-builds',
  level: 'error',
  hazards: ['long-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem: 'a unique key builds its index while nobody reads or writes the table.',
  why: 'It holds ACCESS EXCLUSIVE for the whole build. USING INDEX takes over one that was built CONCURRENTLY, at once.',
  instead: 'Build the unique index CONCURRENTLY, then add the constraint USING INDEX.',
  check({ node }, { known }) {
    if (isOfTableAlone(node, known)) return []
    return listCommands(node, 'AddConstraint').flatMap(({ table, command: { def } }) => {
      if (!def || !('Constraint' in def)) return []
      const { contype, indexname, conname = 'a unique key' } = def.Constraint
      const builds = contype === 'CONSTR_UNIQUE' && indexname === undefined
      return builds ? [{ about: `${conname} of ${shown(table)}`, table }] : []
    })
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t add constraint t_a unique (a)',
  },
}
