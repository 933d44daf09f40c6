import type { Level } from './rule.ts'

/** What a project says of the rules; nothing else can be configured. */
export interface LintConfig {
  /** By the id of a rule: how much it counts here. */
  readonly rules?: Readonly<Record<string, Level | 'off'>>
  /** A table with fewer rows, as the server estimates them, is no hazard to what grows with a table. */
  readonly smallTable?: number
  /** What happens to their tables is nobody's business. */
  readonly ignoredSchemas?: readonly string[]
}

/** The same with what holds where the project says nothing. */
export type LintSettings = Required<LintConfig>

/** Fewer rows than this are read and written again in a few milliseconds. */
const SMALL_TABLE = 1000

export function withDefaults({
  rules = {},
  smallTable = SMALL_TABLE,
  ignoredSchemas = [],
}: LintConfig): LintSettings {
  return { rules, smallTable, ignoredSchemas }
}
