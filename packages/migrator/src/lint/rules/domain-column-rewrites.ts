import { shown } from '../../phase/release.ts'
import { listAddedColumns } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const domainColumnRewrites: Rule = {
  id: 'domain-column-rewrites',
  level: 'error',
  hazards: ['table-rewrite', 'blocks-reads', 'blocks-writes'],
  problem:
    'the type is a domain with a CHECK, NOT NULL or a default that differs from row to row, for which PostgreSQL writes every row again.',
  why: 'Measured on 12–18: the table is rewritten under ACCESS EXCLUSIVE, even where the column is NULL in every row.',
  instead:
    'Give the column the base type, and the table a CHECK that is NOT VALID first and validated afterwards.',
  check({ node }, { known }) {
    return listAddedColumns(node).flatMap(({ table, name, column, constraints }) => {
      const hasDefault = constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT')
      const isComputed = !hasDefault && known.domains.isVolatile(column)
      return isComputed || known.domains.isChecked(column)
        ? [{ about: `${shown(table)}.${name}`, table }]
        : []
    })
  },
  example: {
    given: 'create domain positive as int check (value > 0); create table t (id int primary key)',
    unsafe: 'alter table t add column a positive',
    safe: 'alter table t add column a int; alter table t add constraint t_a_check check (a > 0) not valid; alter table t validate constraint t_a_check',
    differs: 'the table has the CHECK',
  },
}
