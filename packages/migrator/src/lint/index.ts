/** What a statement does to those who use the database, rule by rule. The entry point `@techfacts/migrator/lint`. */
export { HAZARDS, type Hazard } from './hazards.ts'
export { lint, type CorrectedStatements, type LintFinding, type LintedServer } from './lint.ts'
export type { Context, Example, Level, LintedStatement, Problem, Rule } from './rule.ts'
export { RULES } from './rules/index.ts'
export type { Script } from './script.ts'
export type { LintConfig, LintSettings } from './config.ts'
export { readLintSettings } from './settings.ts'
