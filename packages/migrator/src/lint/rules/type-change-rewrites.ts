import { shown } from '../../phase/release.ts'
import { isRewrite, listTypeChanges } from '../../known/type-changes.ts'
import type { Rule } from '../rule.ts'

export const typeChangeRewrites: Rule = {
  id: 'type-change-rewrites',
  level: 'error',
  hazards: ['table-rewrite', 'blocks-reads', 'blocks-writes'],
  problem:
    'the new type is stored in another way, so that every row is written again while nobody reads or writes the table.',
  why: 'It holds ACCESS EXCLUSIVE, on tables that refer to the column too, and builds all indexes again. A longer varchar, text, a larger numeric of the same scale are in place.',
  instead:
    'Let a new column take its place: a trigger and batches fill it, and one transaction drops the old one and renames the new one. What is generated from entities does so, or says in the file why it does not.',
  check({ node }, { known }) {
    return listTypeChanges(node, known)
      .filter(isRewrite)
      .map(({ table, name, from }) => ({
        about: `${shown(table)}.${name}${from ? '' : ', whose type nothing here has made'}`,
        table,
      }))
  },
  example: {
    given: 'create table t (id bigint primary key, a int)',
    unsafe: 'alter table t alter column a type bigint',
    safe: 'alter table t add column a_large bigint',
    differs: 'the new column stands next to the old one until the application has moved',
  },
}
