import { shown } from '../../phase/release.ts'
import { addedColumn } from '../../safe-forms/split.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const volatileDefaultRewrites: Rule = {
  id: 'volatile-default-rewrites',
  level: 'error',
  hazards: ['table-rewrite', 'blocks-reads', 'blocks-writes'],
  problem:
    'a default that differs from row to row rewrites the table, and nobody reads or writes it meanwhile.',
  why: 'It holds ACCESS EXCLUSIVE, writes every row again, and builds all indexes again. A constant, or now(), is stored once: no row is touched.',
  instead:
    'Add the column without a default, set the default, fill the old rows, then require a value.',
  check({ node }) {
    return listCommands(node, 'AddColumn').flatMap(({ table, command }) => {
      const added = addedColumn(command)
      return added?.default ? [{ about: `${shown(table)}.${added.column.colname}`, table }] : []
    })
  },
  example: {
    given: 'create table t (id int primary key); insert into t values (1)',
    unsafe: 'alter table t add column u uuid not null default gen_random_uuid()',
  },
}
