import { readSetting } from '../session-settings.ts'
import type { Rule } from '../rule.ts'

export const settingOutlivesTransaction: Rule = {
  id: 'setting-outlives-transaction',
  level: 'warning',
  hazards: ['wrong-object'],
  problem: 'SET holds for the session, which a pooler gives to others afterwards.',
  why: 'In transaction mode of PgBouncer the setting leaks into other sessions, or is lost before the next statement. The migrator ends it with the migration.',
  instead: 'SET LOCAL: it ends with the transaction.',
  isOfPlainFiles: true,
  check({ node, before }) {
    const set = readSetting(node)
    return set && !set.isLocal && before.length > 0 ? [{ about: set.name }] : []
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: "begin; set lock_timeout = '2s'; alter table t add column a int; commit",
    safe: "begin; set local lock_timeout = '2s'; alter table t add column a int; commit",
  },
}
