import { keysIn, listLater } from '../neighbours.ts'
import { listDropped } from '../../known/parts.ts'
import { shown, toKey, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const viewDroppedAndMade: Rule = {
  id: 'view-dropped-and-made',
  level: 'warning',
  hazards: ['changes-access', 'blocks-reads'],
  problem: 'the view is dropped and made again, and the rights on it are gone.',
  why: 'DROP VIEW takes ACCESS EXCLUSIVE, and GRANTs go with the view. CREATE OR REPLACE VIEW keeps them; it can add columns at the end.',
  instead: 'CREATE OR REPLACE VIEW; where columns change, grant again in the same transaction.',
  check(statement, context) {
    const dropped = listDropped(statement.node, 'OBJECT_VIEW')
    if (dropped.length === 0) return []
    const later = listLater(statement, context)
    // A change of a column's type needs the view out of its way.
    if (later.some(({ node }) => 'AlterTableStmt' in node)) return []
    const made = keysIn(later, (node) =>
      'ViewStmt' in node ? toName(node.ViewStmt.view) : undefined,
    )
    return dropped.filter((view) => made.has(toKey(view))).map((view) => ({ about: shown(view) }))
  },
  example: {
    given: 'create table t (id bigint primary key, a int); create view v as select id from t',
    unsafe: 'drop view v; create view v as select id, a from t',
    safe: 'create or replace view v as select id, a from t',
  },
}
