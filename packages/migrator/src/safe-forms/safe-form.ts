import type { PreCheck } from './pre-checks.ts'

/** What stands in a migration in place of one statement. */
export interface SafeForm {
  readonly statements: readonly string[]
  readonly requires?: readonly PreCheck[]
  /** Its statements must not share a transaction. */
  readonly isAlone?: boolean
}

/** A statement with its semicolon, as generators write it; the parser gives it without. */
export function ended(sql: string): string {
  return `${sql};`
}
