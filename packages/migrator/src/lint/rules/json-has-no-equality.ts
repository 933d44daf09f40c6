import { shown } from '../../phase/release.ts'
import { listColumns, readType } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const jsonHasNoEquality: Rule = {
  id: 'json-has-no-equality',
  level: 'warning',
  hazards: ['breaks-previous-release', 'costs-later'],
  problem:
    'json has no equality: every SELECT DISTINCT, GROUP BY and UNION over the table fails from now on.',
  why: 'PostgreSQL has no = for json. A later change to jsonb rewrites the table.',
  instead: 'Use jsonb.',
  isOfNewTables: true,
  check({ node }) {
    return listColumns(node)
      .filter(({ column }) => readType(column).name === 'json')
      .map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given: 'create table t (id int primary key)',
    unsafe: 'alter table t add column data json',
    safe: 'alter table t add column data jsonb',
    differs: 'the type is jsonb',
  },
}
