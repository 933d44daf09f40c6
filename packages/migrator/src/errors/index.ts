/** Every way in which the migrator ends a run, with its exit code and its sentence, in one catalogue. */
import { inspect } from 'node:util'
import { ADOPTION_ERRORS } from './adoption.ts'
import { ARCHIVE_ERRORS } from './archive.ts'
import { fullText, type NextStep } from './text.ts'
import { BOOKKEEPING_ERRORS } from './bookkeeping.ts'
import { INTEGRITY_ERRORS } from './integrity.ts'
import { RUN_ERRORS } from './run.ts'
import { USAGE_ERRORS } from './usage.ts'
import { maskAll } from './mask-secrets.ts'
import { postgresErrorOf, type PostgresError } from './postgres-error.ts'
import { FILE_ERRORS, PROJECT_ERRORS } from './project.ts'
import { REPAIR_ERRORS } from './repair.ts'
import { SESSION_ERRORS } from './session.ts'

/** The exit codes of the command line. README and `apps/migrate` take them from here. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  locked: 4,
  pending: 5,
  integrity: 6,
  blocked: 7,
} as const

export type ExitName = keyof typeof EXIT

const CATALOGUE = {
  ...SESSION_ERRORS,
  ...USAGE_ERRORS,
  ...FILE_ERRORS,
  ...PROJECT_ERRORS,
  ...INTEGRITY_ERRORS,
  ...BOOKKEEPING_ERRORS,
  ...RUN_ERRORS,
  ...ARCHIVE_ERRORS,
  ...ADOPTION_ERRORS,
  ...REPAIR_ERRORS,
} as const satisfies Record<string, readonly [ExitName, (parameters: never) => string]>

type Catalogue = typeof CATALOGUE
export type ErrorCode = keyof Catalogue

/** A run that ended in words: `code` is stable, `exit` the process's exit code, the message one for people. */
export class MigratorError extends Error {
  readonly code: ErrorCode
  readonly exit: number
  readonly details: Readonly<Record<string, unknown>>
  /** What PostgreSQL said, where it is behind this. */
  readonly postgres: PostgresError | undefined
  readonly next: readonly NextStep[]

  constructor(code: ErrorCode, details: ErrorDetails, message: string, cause?: unknown) {
    const { next = [], ...others } = details
    const postgres = postgresErrorOf(cause)
    super(fullText(message, postgres, next), cause === undefined ? undefined : { cause })
    this.name = 'MigratorError'
    this.code = code
    this.exit = EXIT[CATALOGUE[code][0]]
    this.details = maskAll(others)
    this.postgres = postgres
    this.next = next
  }

  /** What MikroORM's own command line prints of it: the sentence, no stack and no facts behind it. */
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
  const say = CATALOGUE[code][1] as (p: unknown) => string
  // Statements and what PostgreSQL says of them may hold passwords.
  const shown: Record<string, unknown> = maskAll({ ...parameters })
  return new MigratorError(code, shown, say(shown), cause)
}

/** Every code with the name of its exit, for the table in the documentation. */
export function errorCodes(): { code: ErrorCode; exit: ExitName }[] {
  return (Object.keys(CATALOGUE) as ErrorCode[]).map((code) => ({ code, exit: CATALOGUE[code][0] }))
}
