import { findDrops } from '../../sql/data-losses.ts'
import type { Rule } from '../rule.ts'

export const unreadableStatement: Rule = {
  id: 'unreadable-statement',
  level: 'warning',
  hazards: ['cannot-be-analysed'],
  problem:
    'its text does not say what it locks, changes or throws away, so that no rule was applied.',
  why: 'The body of DO, CALL and EXECUTE is text that is put together while it runs, and code of a migration is a program.',
  instead:
    'Write plain statements. Where that cannot be, let a second person review it, and name the reason in `allow`.',
  check({ node }) {
    return findDrops(node).flatMap((loss) =>
      loss.what === 'unreadable' ? [{ about: loss.command }] : [],
    )
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: "do $$ begin execute 'alter table t add column a int'; end $$",
    safe: 'alter table t add column a int',
  },
}
