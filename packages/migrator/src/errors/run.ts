import type { Direction } from '../migration.ts'
import type { Entries } from './entry.ts'
import { list } from './list.ts'
import type { PostgresError } from './postgres-error.ts'

/** A statement may be as long as a file. */
const MOST_CHARACTERS = 80

/** `Migration2: index i of t: CREATE INDEX keeps …. [index-blocks-writes] create index i on t (a)` */
function findingLine(p: {
  readonly migration: string
  readonly rule: string
  readonly says: string
  readonly statement?: string
}): string {
  const statement = (p.statement ?? '').replaceAll(/\s+/g, ' ')
  const isLong = statement.length > MOST_CHARACTERS
  const shown = isLong ? `${statement.slice(0, MOST_CHARACTERS)}…` : statement
  return `${p.migration}: ${p.says} [${p.rule}] ${shown}`.trimEnd()
}

/** A run is refused, or ends before its work is done. */
export const RUN_ERRORS = {
  INITIAL_DIFFERS: [
    'integrity',
    (p: { why: string }) =>
      `The tables of the entities exist, but ${p.why}\nNothing was written. Make entities and database agree, or create the migration on an empty database.`,
  ],
  NOT_DISPOSABLE: [
    'refused',
    (p: { database: string }) =>
      `The database ${p.database} is not marked disposable, so it is not reset. Nothing was changed.`,
    (p: { database: string }) => [
      {
        sql: `alter database ${p.database} set "migrator.disposable" = 'on'`,
        why: 'If nothing in it would be missed',
      },
    ],
  ],
  SQUASH_REFUSED: [
    'refused',
    (p: { reason: string }) =>
      `These migrations cannot be squashed: ${p.reason.replace(/\.$/, '')}. Nothing was changed.`,
  ],
  SQUASH_DIFFERS: [
    'refused',
    (p: { difference: string }) =>
      `One migration with the statements of these would not leave the same behind on a new database:\n${p.difference.trimEnd()}\nNothing was changed.`,
  ],
  TRANSACTION_UNUSABLE: [
    'refused',
    (p: { reason: string }) => `Migrations cannot run in the given transaction: ${p.reason}.`,
  ],
  NEEDS_OWN_TRANSACTION: [
    'refused',
    (p: { name: string; segment: number; statement: string; reason: string }) =>
      `${p.name} cannot run in the caller's transaction, because its segment ${p.segment} ${p.reason}:\n  ${p.statement}\nNothing was applied. Run it without the option transaction.`,
  ],
  SKIPS_PENDING: [
    'refused',
    (p: { names: readonly string[]; skipped: readonly string[] }) =>
      `These migrations come after others that are not applied:${list(p.names)}\nApply those first, or together with them:${list(p.skipped)}`,
  ],
  SKIPS_APPLIED: [
    'refused',
    (p: { names: readonly string[]; skipped: readonly string[] }) =>
      `These migrations come before others that are applied:${list(p.names)}\nRevert those first, or together with them:${list(p.skipped)}`,
  ],
  REQUIRES: [
    'refused',
    (p: { name: string; says: string; isFirst: boolean }) =>
      `${p.name} cannot run: ${p.says}\nNothing of it was applied.`,
    (p: { isFirst: boolean }) =>
      p.isFirst
        ? [{ command: 'adopt', options: { plan: true }, why: 'If another tool made this database' }]
        : [],
  ],
  DOWN_REQUIRES: [
    'refused',
    (p: { name: string; says: string }) =>
      `${p.name} cannot be reverted: ${p.says}\nNothing of it was reverted.`,
  ],
  ENSURES: [
    'failed',
    (p: { name: string; says: string }) =>
      `After ${p.name} what it ensures does not hold: ${p.says}\nIts last segment was rolled back.`,
  ],
  BACKFILL_KEY: [
    'refused',
    (p: { name: string; table: string; key: readonly string[] }) => {
      const what = p.key.length > 0 ? `unique index over ${p.key.join(', ')}` : 'primary key'
      return `${p.name} cannot go through ${p.table} in batches: there is no such table, or it has no ${what} to go by.\nNothing of it was done. Name the columns of a btree index that is unique, valid and never null, without arrays, composite values and documents, and compared by operators of one schema.`
    },
  ],
  BACKFILL_PAUSED: [
    'refused',
    (p: { name: string }) =>
      `The backfill ${p.name} is paused. What it has done stays, and it goes on from there.`,
    (p: { name: string }) => [
      { command: 'backfill', args: ['resume', p.name], why: 'To go on with it' },
    ],
  ],
  BACKFILL_UNKNOWN: [
    'refused',
    (p: { name: string }) =>
      `The backfill ${p.name} was begun by another build: this one has no such backfill, or another one of that name.\nRun the build that has begun it.`,
  ],
  BACKFILL_BLOCKED: [
    'blocked',
    (p: { name: string; range: string; seconds: number }) =>
      `The backfill ${p.name} has got no further for ${p.seconds} s: other sessions hold rows with keys ${p.range}.\nWhat it has done stays. End those transactions, then run again.`,
  ],
  BACKFILL_FAILED: [
    'failed',
    (p: { name: string; range: string; reason: string }) =>
      `The backfill ${p.name} stopped at the rows with keys ${p.range}: ${p.reason}.\nThis batch was rolled back, and what was done before stays. Remove the cause, then run again.`,
  ],
  BACKFILL_REMAINS: [
    'failed',
    (p: { name: string; passes: number }) =>
      `The backfill ${p.name} has gone through its table ${p.passes} times, and rows still remain: others write such rows, or the role does not see all of them.\nWhat it has done stays. Let a trigger keep new rows right, then run again.`,
  ],
  PLAN_DIFFERS: [
    'refused',
    (p: {
      hash: string
      now: string
      direction: Direction
      names: readonly string[]
      difference: string
    }) =>
      `The plan is not the one that was reviewed as ${p.hash} (${p.difference}). Nothing was done. The plan is now ${p.now}:${list(p.names)}`,
    (p: { direction: Direction; names: readonly string[] }) => [
      {
        command: 'plan',
        ...(p.direction === 'down' && { args: [`-${p.names.length}`], options: { down: true } }),
        why: 'To review it',
      },
    ],
  ],
  LINT_REFUSED: [
    'refused',
    (p: {
      findings: readonly {
        readonly migration: string
        readonly rule: string
        readonly says: string
        readonly statement?: string
      }[]
      target: string
    }) =>
      `What is pending may stop those who use this database, or take something from them:${list(p.findings.map(findingLine))}\nNothing was changed. Write it in another way if it was never released, or give the reason in its migration (allow).`,
    (p: { findings: readonly { readonly migration: string }[]; target: string }) => [
      {
        command: 'lint',
        args: [...new Set(p.findings.map(({ migration }) => migration))],
        why: 'To see what to write in its place',
      },
      { command: 'hash', why: 'After that' },
      {
        command: 'up',
        args: p.target === 'head' ? [] : [p.target],
        options: { yes: true },
        why: 'To apply it all the same',
      },
    ],
  ],
  CONTRACT_NEEDED: [
    'refused',
    (p: { name: string; needing: readonly string[]; instances: readonly unknown[] }) =>
      `${p.name} is a contract step, and the schema before it is still needed by:${list(p.needing)}\nIt was not applied. Replace these instances by the build that has it, or stop them.`,
    () => [
      {
        command: 'up',
        options: { contract: true, wait: 'SECONDS' },
        why: 'To wait until they have left',
      },
    ],
  ],
  CONTRACT_IN_THE_WAY: [
    'refused',
    (p: {
      name: string
      step: string
      previous: string
      objects: readonly string[]
      needing: readonly string[]
      instances: readonly unknown[]
    }) =>
      `${p.name} cannot run before the contract step ${p.step}, since both are about ${p.objects.join(', ')}. ${p.step} waits ${p.needing.length > 0 ? `for:${list(p.needing)}` : 'until it is asked for.'}\n${p.name} was not applied. First deploy the release whose last migration is ${p.previous}, and run this one when the instances before it have left.`,
    (p: { previous: string }) => [
      { command: 'up', args: [p.previous], why: 'To apply what that release needs' },
      { command: 'up', options: { contract: true }, why: 'Where none of them runs any more' },
    ],
  ],
  IRREVERSIBLE: [
    'refused',
    (p: { name: string; reason: string }) =>
      `${p.name} cannot be reverted: ${p.reason.replace(/\.$/, '')}. Nothing was changed. What it did is undone by a new migration, or by a backup from before.`,
  ],
  LOCK_HELD: [
    'locked',
    (p: { pid: number; application: string; role: string; since: string; waited: number }) =>
      `Another run holds the migration lock: pid ${p.pid}, ${p.application || 'without a name'}, role ${p.role}, since ${p.since}. Waited ${p.waited} s.`,
    (p: { pid: number; role: string }) => [
      { command: 'again', options: { lockWait: 'SECONDS' }, why: 'To wait longer' },
      {
        sql: `select pg_terminate_backend(${p.pid})`,
        why: `If that session is no run of yours, as a superuser or ${p.role}`,
      },
    ],
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
      /** How many sessions queued after this run at the same time, and how long the slowest waited. */
      queue: { readonly sessions: number; readonly milliseconds: number }
      after: string
    }) =>
      [
        `${p.name}${p.segment > 0 ? `, segment ${p.segment},` : ''} ${p.outcome} over ${p.seconds} s. ${p.blockers.length > 0 ? `Blockers:${list(p.blockers)}` : 'The last look saw no blocker.'}`,
        p.queue.sessions > 0
          ? `${p.queue.sessions} ${p.queue.sessions === 1 ? 'session' : 'sessions'} waited behind it at once, ${p.queue.milliseconds} ms at worst.`
          : 'No session waited behind it.',
        `${p.after} Wait until the blockers end, or end one with SELECT pg_terminate_backend(PID). Then run again.`,
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
  REFERENCE_DATA_INVALID: [
    'usage',
    (p: { table: string; reason: string }) =>
      `The reference data of ${p.table} cannot be merged. ${p.reason} Nothing was seeded.`,
  ],
  SEED_FAILED: [
    'failed',
    (p: { reason: string }) => `Seeding failed and was rolled back: ${p.reason}`,
  ],
} as const satisfies Entries
