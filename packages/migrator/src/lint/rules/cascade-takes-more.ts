import { shown, toName } from '../../phase/release.ts'
import { readName } from '../../sql/names.ts'
import { listAlterations } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const cascadeTakesMore: Rule = {
  id: 'cascade-takes-more',
  level: 'error',
  hazards: ['deletes-data', 'cannot-be-analysed', 'blocks-reads', 'irreversible'],
  problem:
    'it drops, or empties, what the text does not name: with CASCADE whatever depends on it.',
  why: 'Views, foreign keys of other tables and their rows go with it, each under ACCESS EXCLUSIVE. What depends on it may be another in production than here.',
  instead: 'Name each object, and drop the dependent ones first.',
  check({ node }) {
    if ('DropOwnedStmt' in node)
      return (node.DropOwnedStmt.roles ?? []).flatMap((role) =>
        'RoleSpec' in role
          ? [{ about: `all that ${role.RoleSpec.rolename ?? 'the role'} owns` }]
          : [],
      )
    if ('DropStmt' in node && node.DropStmt.behavior === 'DROP_CASCADE')
      return (node.DropStmt.objects ?? []).map((object) => ({ about: readName(object).name }))
    if ('TruncateStmt' in node && node.TruncateStmt.behavior === 'DROP_CASCADE')
      return (node.TruncateStmt.relations ?? []).flatMap((one) =>
        'RangeVar' in one ? [{ about: shown(toName(one.RangeVar)) }] : [],
      )
    return listAlterations(node)
      .filter(({ command }) => command.behavior === 'DROP_CASCADE')
      .map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given:
      'create table t (id int primary key); create view v as select id from t; create view w as select id from v',
    unsafe: 'drop view v cascade',
    safe: 'drop view w; drop view v',
  },
}
