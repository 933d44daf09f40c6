import type { Entries } from './entry.ts'

/** The errors that need a person: a changed schema, a segment in doubt, a repair that is refused. */
export const REPAIR_ERRORS = {
  DRIFT: [
    'integrity',
    (p: { difference: string; differences: readonly unknown[] }) =>
      `The schema was changed outside of the migrations, in objects that they made or that this run touches. Nothing was applied.\n\n${p.difference}\nRevert the change, or accept it as the schema from now on.`,
    () => [{ command: 'again', options: { allowDrift: 'WHY' }, why: 'To accept it' }],
  ],
  IN_DOUBT: [
    'integrity',
    (p: { name: string; segment: number; statement: string; check: string }) =>
      `${p.name}, segment ${p.segment}, is in doubt: the connection was lost while this statement ran, and nothing proves whether it took effect:\n  ${p.statement}\n${p.check}`,
    (p: { name: string }) => [
      { command: 'repair', args: [p.name], options: { applied: true }, why: 'If it did' },
      { command: 'repair', args: [p.name], options: { notApplied: true }, why: 'If it did not' },
    ],
  ],
  EXPECTED_UNKNOWN: [
    'usage',
    (p: { name: string; newest: string }) =>
      `The expected schema after ${p.newest} is unknown: the compiled migrations do not record it. Record it, or name a database at that migration.`,
    () => [
      { command: 'hash', options: { scratchUrl: 'URL' }, why: 'To record it' },
      { command: 'again', options: { expect: 'URL' }, why: 'To name it' },
    ],
  ],
  REPAIR_REFUSED: [
    'refused',
    (p: { name: string; reason: string }) => `Nothing was recorded for ${p.name}: ${p.reason}.`,
    () => [{ command: 'status', why: 'To see where the database is' }],
  ],
  REPAIR_DIFFERS: [
    'integrity',
    (p: { name: string; difference: string; differences: readonly unknown[] }) =>
      `Nothing was recorded for ${p.name}: the schema differs from the expected one.\n\n${p.difference}\nCorrect the difference, then run the same command again.`,
  ],
  NOTHING_IN_DOUBT: [
    'usage',
    (p: { name: string }) => `${p.name} has no segment in doubt.`,
    () => [{ command: 'status', why: 'To see what is half done' }],
  ],
} as const satisfies Entries
