/** Every way in which the migrator ends a run, with its exit code and its sentence, in one catalogue. */
import { inspect } from 'node:util'
import { ADOPTION_ERRORS } from './adoption.ts'
import { ARCHIVE_ERRORS } from './archive.ts'
import { fullText } from './text.ts'
import { BOOKKEEPING_ERRORS } from './bookkeeping.ts'
import { EXIT, type Entries, type Entry, type ExitName } from './entry.ts'
import { INTEGRITY_ERRORS } from './integrity.ts'
import { RUN_ERRORS } from './run.ts'
import { USAGE_ERRORS } from './usage.ts'
import { maskAll } from './mask-secrets.ts'
import type { NextStep } from './next-step.ts'
import { findPostgresError, type PostgresError } from './postgres-error.ts'
import { BRANCH_ERRORS, FILE_ERRORS, PROJECT_ERRORS } from './project.ts'
import { REPAIR_ERRORS } from './repair.ts'
import { SESSION_ERRORS } from './session.ts'

export { EXIT, type ExitName } from './entry.ts'

const CATALOGUE = {
  ...SESSION_ERRORS,
  ...USAGE_ERRORS,
  ...FILE_ERRORS,
  ...PROJECT_ERRORS,
  ...BRANCH_ERRORS,
  ...INTEGRITY_ERRORS,
  ...BOOKKEEPING_ERRORS,
  ...RUN_ERRORS,
  ...ARCHIVE_ERRORS,
  ...ADOPTION_ERRORS,
  ...REPAIR_ERRORS,
} as const satisfies Entries

type Catalogue = typeof CATALOGUE
export type ErrorCode = keyof Catalogue

/**
 * An error with a stable `code`, the exit code of the process, and a message for people.
 * @example
 * try {
 *   await run(project, target, { direction: 'up', target: 'head' })
 * } catch (error) {
 *   if (error instanceof MigratorError) process.exitCode = error.exit
 *   else throw error
 * }
 */
export class MigratorError extends Error {
  readonly code: ErrorCode
  readonly exit: number
  readonly details: Readonly<Record<string, unknown>>
  /** What PostgreSQL said, where that is the cause. */
  readonly postgres: PostgresError | undefined
  /** What to run to get on: not in the message, since each front end words it in its own way. */
  readonly next: readonly NextStep[]

  constructor(code: ErrorCode, details: ErrorDetails, message: string, cause?: unknown) {
    const { next = [], ...others } = details
    const postgres = findPostgresError(cause)
    super(fullText(message, postgres), cause === undefined ? undefined : { cause })
    this.name = 'MigratorError'
    this.code = code
    this.exit = EXIT[CATALOGUE[code][0]]
    this.details = maskAll(others)
    this.postgres = postgres
    this.next = next
  }

  /** MikroORM's own command line prints this: the message, without stack and details. */
  [inspect.custom](): string {
    return this.message
  }

  /** For `--json`: `message` is the one for people, and every other property what is in it, as data. */
  toJSON() {
    const { code, exit, message, details, postgres, next } = this
    return { code, exit, message, details, ...(postgres && { postgres }), next }
  }
}

type ErrorDetails = Readonly<Record<string, unknown>> & { readonly next?: readonly NextStep[] }

/** Makes the error of the catalogue's entry `code`; `cause` is kept, never edited. */
export function failure<Code extends ErrorCode>(
  code: Code,
  ...[parameters, cause]: Parameters<Catalogue[Code][1]> extends [infer P extends object]
    ? [parameters: P & Pick<ErrorDetails, 'next'>, cause?: unknown]
    : [parameters?: undefined, cause?: unknown]
): MigratorError {
  const [, say, stepsOf] = CATALOGUE[code] as Entry
  // Statements and what PostgreSQL says of them may hold passwords.
  const { next = [], ...shown } = maskAll<ErrorDetails>({ ...parameters })
  const steps = [...(stepsOf?.(shown as never) ?? []), ...next]
  return new MigratorError(code, { ...shown, next: steps }, say(shown as never), cause)
}

/**
 * Every code with the name of its exit, for the table in the documentation.
 * @example
 * for (const { code, exit } of errorCodes()) console.log(code, EXIT[exit])
 */
export function errorCodes(): { code: ErrorCode; exit: ExitName }[] {
  return (Object.keys(CATALOGUE) as ErrorCode[]).map((code) => ({ code, exit: CATALOGUE[code][0] }))
}
