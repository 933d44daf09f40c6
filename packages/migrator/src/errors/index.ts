/** Every way in which the migrator ends a run, with its exit code and its sentence, in one catalogue. */
import { inspect } from 'node:util'
import { ADOPTION_ERRORS } from './adoption.ts'
import { ARCHIVE_ERRORS } from './archive.ts'
import { fullText, redactAll, type NextStep } from './text.ts'
import { list } from './list.ts'
import { TRUST_ERRORS } from './bookkeeping.ts'
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
  // the way to a server
  ...SESSION_ERRORS,

  // usage and configuration
  TARGET_UNKNOWN: [
    'usage',
    (p: { target: string; known: readonly string[] }) =>
      `No migration is named "${p.target}". Use a name, a unique prefix, +N, -N, base or head. Known are:${list(p.known)}`,
  ],
  TARGET_AMBIGUOUS: [
    'usage',
    (p: { target: string; matches: readonly string[] }) =>
      `"${p.target}" is the beginning of ${p.matches.length} migrations. Write more of it:${list(p.matches)}`,
  ],
  TARGET_BACKWARD: [
    'usage',
    (p: { target: string; direction: Direction; other: Direction }) =>
      `"${p.target}" is not ${p.direction === 'up' ? 'ahead of' : 'behind'} this database. To go there run: migrate ${p.other} ${p.target}`,
  ],
  PLAN_HASH_MALFORMED: [
    'usage',
    (p: { hash: string; shortest: number }) =>
      `"${p.hash}" is no hash of a plan: ${p.shortest} or more of the hexadecimal digits that migrate plan prints.`,
  ],
  FILE_UNUSABLE: [
    'usage',
    (p: { path: string; doing: string; reason: string }) =>
      `${p.path} cannot be used (${p.doing}: ${p.reason}). Correct its permissions or its place, then run again.`,
  ],
  TYPESCRIPT_UNREADABLE: [
    'usage',
    (p: { configPath: string; reason: string }) =>
      `${p.configPath}, or what it imports, cannot be read as TypeScript: ${p.reason}. Install a loader as MikroORM's own command line uses, for decorators with metadata @swc-node/register and @swc/core, else tsx (npm install --save-dev tsx); or name the compiled configuration.`,
  ],
  PROJECT_INVALID: ['usage', (p: { reason: string }) => p.reason],
  SNAPSHOT_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} is no catalog snapshot: ${p.reason}. Give the URL of a database or the path of a snapshot.`,
  ],
  STATEMENT_UNUSABLE: [
    'refused',
    (p: { migration: string; statement: string; reason: string }) =>
      `${p.migration} holds a statement that a migration cannot: ${p.reason}\n  ${p.statement}`,
  ],

  // integrity
  NOT_A_MIGRATION: [
    'integrity',
    (p: { file: string; reason: string }) =>
      `${p.file} lies among the migrations but is none: ${p.reason}. Move it elsewhere.`,
  ],
  NOT_IN_MANIFEST: [
    'integrity',
    (p: { names: readonly string[]; manifest: string }) =>
      `Migrations that ${p.manifest} does not list:${list(p.names)}\nIf they are new, run: migrate lock`,
  ],
  FILE_MISSING: [
    'integrity',
    (p: { names: readonly string[]; manifest: string }) =>
      `${p.manifest} lists migrations whose files are gone:${list(p.names)}\nRestore them from version control.`,
  ],
  FILE_EDITED: [
    'integrity',
    (p: { name: string; locked: string; found: string }) =>
      `${p.name} was edited after it was locked (lock file ${p.locked}, file ${p.found}). Restore it; if it was never released, run: migrate lock`,
  ],
  APPLIED_UNKNOWN: [
    'integrity',
    (p: { names: readonly string[]; back: string | undefined }) =>
      `The database has migrations that this build does not:${list(p.names)}
Run the build that has them, or restore their files. Who applied them, and when: migrate repair
${
  p.back === undefined
    ? 'Of those that this build has, the database has none: check that this is the right database and the right configuration.'
    : `To take them back by the journal, run: migrate down ${p.back}`
}`,
  ],
  APPLIED_EDITED: [
    'integrity',
    (p: { name: string; applied: string; found: string }) =>
      `${p.name} is not what was applied (applied ${p.applied}, here ${p.found}). Restore the file as it was applied, and put the change into a new migration: migrate create\nWhere only its form is another (code that was compiled), record that: migrate repair ${p.name} --checksum`,
  ],
  ROLLUP_PARTIAL: [
    'integrity',
    (p: { name: string; missing: readonly string[] }) =>
      `${p.name} stands for migrations of which this database has applied some, but not:${list(p.missing)}\nRun a build that still has them as far as the last of them, and then this one.`,
  ],
  APPLIED_TWICE: [
    'integrity',
    (p: { ledger: string; names: readonly string[] }) =>
      `${p.ledger} records migrations more than once:${list(p.names)}\nFind out why, then delete the surplus rows (keep the lowest id).`,
  ],
  OUT_OF_ORDER: [
    'integrity',
    (p: { pending: readonly string[]; after: string; later: readonly string[]; back: string }) =>
      `Migrations that are not applied come before ${p.after}, which is:${list(p.pending)}
Where they have not been released, give their files later names, then run: migrate lock${list(p.pending.map((name, position) => `${name} becomes ${p.later[position]}`))}
Otherwise go back behind them, and up again: migrate down ${p.back}`,
  ],
  PREFIX_EDITED: [
    'integrity',
    (p: { name: string; statement: number }) =>
      `${p.name} is half applied, and its statement ${p.statement}, which was applied, has been edited since. Restore it; only what is not applied yet may change.`,
  ],
  INDEX_IN_THE_WAY: [
    'integrity',
    (p: { index: string; reason: string }) =>
      `Index ${p.index} exists, but this migrator has not built it: ${p.reason}. Drop or rename it, then run again.`,
  ],
  UNDO_UNCLEAR: [
    'integrity',
    (p: { name: string; statement: string }) =>
      `${p.name} is half applied, and its down does not say what undoes this alone:\n  ${p.statement}\nFinish it first: migrate up ${p.name}`,
  ],
  HALF_REVERTED: [
    'integrity',
    (p: { name: string; statement: string }) =>
      `${p.name} is half reverted, and its up does not say what brings back this alone:\n  ${p.statement}\nFinish the way back first: migrate down`,
  ],
  ENSURES_IN_DOUBT: [
    'integrity',
    (p: { name: string; says: string }) =>
      `${p.name} was applied, but what it ensures does not hold: ${p.says}\nIts last statement cannot be rolled back. Mend the data, then run: migrate up`,
  ],

  // refusals
  INITIAL_DIFFERS: [
    'integrity',
    (p: { why: string }) =>
      `The tables of the entities are there, but ${p.why}\nNothing was written. Bring entities and database to agree, or create it on an empty database.`,
  ],
  ROLLUP_REFUSED: [
    'refused',
    (p: { reason: string }) =>
      `These migrations cannot be rolled up: ${p.reason}. Nothing was changed.`,
  ],
  TRANSACTION_UNUSABLE: [
    'refused',
    (p: { reason: string }) =>
      `Migrations cannot run in the transaction that was given: ${p.reason}.`,
  ],
  NEEDS_OWN_TRANSACTION: [
    'refused',
    (p: { name: string; segment: number; statement: string; reason: string }) =>
      `${p.name} cannot run in a transaction of the caller's, since its segment ${p.segment} ${p.reason}:\n  ${p.statement}\nNothing was applied. Run it without the option transaction.`,
  ],
  SKIPS_PENDING: [
    'refused',
    (p: { names: readonly string[]; skipped: readonly string[] }) =>
      `These migrations come after others that are not applied:${list(p.names)}\nApply those first, or with them:${list(p.skipped)}`,
  ],
  SKIPS_APPLIED: [
    'refused',
    (p: { names: readonly string[]; skipped: readonly string[] }) =>
      `These migrations come before others that are applied:${list(p.names)}\nRevert those first, or with them:${list(p.skipped)}`,
  ],
  REQUIRES: [
    'refused',
    (p: { name: string; says: string; isFirst: boolean }) =>
      `${p.name} cannot run: ${p.says}\nNothing of it was applied.${p.isFirst ? ' A database that something else has made is taken over by: migrate adopt' : ''}`,
  ],
  DOWN_REQUIRES: [
    'refused',
    (p: { name: string; says: string }) =>
      `${p.name} cannot be reverted: ${p.says}\nNothing of it was reverted.`,
  ],
  ENSURES: [
    'failed',
    (p: { name: string; says: string }) =>
      `${p.name} does not hold what it ensures: ${p.says}\nIts last segment was rolled back.`,
  ],
  PLAN_DIFFERS: [
    'refused',
    (p: { hash: string; now: string; names: readonly string[]; difference: string }) =>
      `This is not the plan that was reviewed as ${p.hash} (${p.difference}). Nothing was done. Now it is:${list(p.names)}\nReview it with migrate plan; its hash is ${p.now}`,
  ],
  IRREVERSIBLE: [
    'refused',
    (p: { name: string; reason: string }) => `${p.name} cannot be reverted: ${p.reason}`,
  ],

  ...FILE_ERRORS,

  ...ADOPTION_ERRORS,

  ...ARCHIVE_ERRORS,

  ...REPAIR_ERRORS,
  ...SESSION_ERRORS,

  ...PROJECT_ERRORS,
  ...TRUST_ERRORS,

  // the run
  LOCK_HELD: [
    'locked',
    (p: { pid: number; application: string; since: string; waited: number }) =>
      `Another run holds the migration lock: pid ${p.pid}, ${p.application || 'without a name'}, since ${p.since}. Waited ${p.waited} s; wait longer with --lock-wait SECONDS.`,
  ],
  LOCK_BUDGET_SPENT: [
    'blocked',
    (p: {
      name: string
      /** 0 of the seeders. */
      segment: number
      /** `got no lock in 12 tries`, over `seconds`. */
      outcome: string
      seconds: number
      blockers: readonly string[]
      sessions: readonly unknown[]
      /** How many waited behind this run at once, and how long one did at worst. */
      queue: { readonly sessions: number; readonly milliseconds: number }
      after: string
    }) =>
      [
        `${p.name}${p.segment > 0 ? `, segment ${p.segment},` : ''} ${p.outcome} over ${p.seconds} s. ${p.blockers.length > 0 ? `In the way:${list(p.blockers)}` : 'Nobody was seen in the way at the last look.'}`,
        p.queue.sessions > 0
          ? `Behind it waited ${p.queue.sessions} ${p.queue.sessions === 1 ? 'session' : 'sessions'} at once, ${p.queue.milliseconds} ms at worst.`
          : 'Nobody was seen waiting behind it.',
        `${p.after} Wait for those in the way, or end one with SELECT pg_terminate_backend(PID); then run again.`,
      ].join('\n'),
  ],
  STATEMENT_FAILED: [
    'failed',
    (p: {
      name: string
      segment: number
      statement: string
      /** Where in the statement PostgreSQL points. */
      place?: string | undefined
      reason: string
      notices?: readonly PostgresError[]
      after: string
    }) =>
      `${p.name}, segment ${p.segment}, failed: ${p.reason}\n  ${p.statement}\n${p.place === undefined ? '' : `${p.place}\n`}${p.after}`,
  ],
  SEED_FAILED: [
    'failed',
    (p: { reason: string }) => `Seeding failed and was rolled back: ${p.reason}`,
  ],
} as const satisfies Record<string, readonly [ExitName, (parameters: never) => string]>

type Catalogue = typeof CATALOGUE
export type ErrorCode = keyof Catalogue
type Direction = 'up' | 'down'

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
    this.details = redactAll(others)
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
