import type { Rule } from '../rule.ts'

export const breaksPreviousRelease: Rule = {
  id: 'breaks-previous-release',
  level: 'warning',
  hazards: ['breaks-previous-release'],
  problem: 'the release that runs now, and goes on running while the next one starts, may fail.',
  why: 'The lock of a rename, a new constraint or a dropped default is short on every version; the queries of the old release fail until it is gone.',
  instead:
    "Expand first: add the new next to the old, move the application, and take the old away in a later migration with `phase = 'contract'`.",
  isSaidOnce: true,
  check(_, { breaks, isContract }) {
    return isContract ? [] : breaks.map((words) => ({ about: `it ${words}` }))
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t rename column a to b',
    safe: 'alter table t add column b int',
    differs: 'the new column stands next to the old one until the application has moved',
    isExpand: true,
  },
}
