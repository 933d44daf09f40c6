import { DEFAULT_SCHEMA, type Name } from '../migration.ts'
import type { LintSettings } from './config.ts'
import type { Level } from './rule.ts'

/**
 * What a rule of lint finds in a migration wherever the table is large. It is compiled, so that a run knows from the
 * tables of its database alone whether there is anything to say, and reads no statement where there is not.
 */
export interface LintMark {
  readonly rule: string
  /** Unless the configuration says otherwise. */
  readonly level: Level
  /** Absent where the rule is about no table. */
  readonly table?: Name
}

/** How much a mark counts in a project. */
export function levelOf(
  { rule, level, table }: LintMark,
  { rules, ignoredSchemas }: LintSettings,
): Level | 'off' {
  if (table && ignoredSchemas.includes(table.schema ?? DEFAULT_SCHEMA)) return 'off'
  return rules[rule] ?? level
}
