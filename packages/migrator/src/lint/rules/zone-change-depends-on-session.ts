import { shown } from '../../phase/release.ts'
import { findSetting } from '../session-settings.ts'
import { dependsOnZone, listTypeChanges } from '../../known/type-changes.ts'
import type { Rule } from '../rule.ts'

export const zoneChangeDependsOnSession: Rule = {
  id: 'zone-change-depends-on-session',
  level: 'error',
  hazards: ['wrong-object', 'table-rewrite', 'blocks-reads'],
  problem:
    'what each value becomes depends on the time zone of the session, and so may whether the table is rewritten.',
  why: 'A moment has a date, a time of the day and a text in a time zone alone, and a text or a timestamp is a moment in one. Measured: between timestamp and timestamptz nothing is rewritten where that is UTC; in any other every row is, under ACCESS EXCLUSIVE.',
  instead: "Set it before: `set local timezone = 'UTC'`.",
  check(statement, context) {
    const changes = listTypeChanges(statement.node, context.known).filter(dependsOnZone)
    if (changes.length === 0 || findSetting(statement, context, 'timezone') === 'utc') return []
    return changes.map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given:
      "create table t (id bigint primary key, at timestamp); insert into t values (1, '2026-01-01 12:00')",
    unsafe: 'alter table t alter column at type timestamptz',
    safe: "set local timezone = 'UTC'; alter table t alter column at type timestamptz",
  },
}
