import { shown, toKey } from '../../phase/release.ts'
import { listWork } from '../locks.ts'
import type { Rule } from '../rule.ts'

export const tableWorkedTwice: Rule = {
  id: 'table-worked-twice',
  level: 'warning',
  hazards: ['table-rewrite', 'long-lock'],
  problem:
    'two statements each go through the whole table under a lock that stops every reader, where one would do.',
  why: 'ALTER TABLE with several commands reads or rewrites the table once for all of them.',
  instead:
    'Put both into one ALTER TABLE; or better, use forms that go through no table under a strong lock.',
  check(statement, context) {
    return listWork(statement, context, ['ACCESS EXCLUSIVE'])
      .filter((table) => context.worked.has(toKey(table)))
      .slice(0, 1)
      .map((table) => ({ about: shown(table), table }))
  },
  example: {
    given: 'create table t (id bigint primary key, a int, b int)',
    unsafe: 'alter table t alter a type bigint; alter table t alter b type bigint',
    safe: 'alter table t add column a_large bigint, add column b_large bigint',
    differs: 'the new columns stand next to the old ones until the application has moved',
  },
}
