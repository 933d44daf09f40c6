import { shown } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const typeChangeOfViewedColumn: Rule = {
  id: 'type-change-of-viewed-column',
  level: 'error',
  hazards: ['refused'],
  problem: 'a view reads the column, and PostgreSQL changes no type under a view.',
  why: 'It refuses with 0A000, whatever the types are.',
  instead:
    'Drop the view, change the type, and make the view again in the same transaction, with its grants.',
  check({ node }, { known }) {
    return listCommands(node, 'AlterColumnType').flatMap(({ table, name }) => {
      const views = known.viewsOf(table, name)
      return views.length > 0
        ? [{ about: `${shown(table)}.${name} of ${views.join(', ')}`, table }]
        : []
    })
  },
  example: {
    given: 'create table t (id bigint primary key, a varchar(5)); create view v as select a from t',
    unsafe: 'alter table t alter column a type text',
    fails: '0A000',
    safe: 'drop view v; alter table t alter column a type text; create view v as select a from t',
  },
}
