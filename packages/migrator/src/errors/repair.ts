import type { Entries } from './entry.ts'

/** The part of the catalogue of errors that a person has to settle: a changed schema, a segment in doubt, a repair. */
export const REPAIR_ERRORS = {
  DRIFT: [
    'integrity',
    (p: { difference: string; differences: readonly unknown[] }) =>
      `Somebody has changed the schema since the last run, in what the migrations made or are about to touch. Nothing was applied.\n\n${p.difference}\nPut it back; or take it for what is wanted from now on: migrate up --allow-drift "why"`,
  ],
  IN_DOUBT: [
    'integrity',
    (p: { name: string; segment: number; statement: string; check: string }) =>
      `${p.name}, segment ${p.segment}, is in doubt: the connection was lost while this ran, and nothing tells for certain whether it took effect:\n  ${p.statement}\n${p.check}`,
    (p: { name: string }) => [
      { command: 'repair', args: [p.name], options: { applied: true }, why: 'If it did' },
      { command: 'repair', args: [p.name], options: { notApplied: true }, why: 'If it did not' },
    ],
  ],
  EXPECTED_UNKNOWN: [
    'usage',
    (p: { name: string; newest: string; path: string }) =>
      `Nothing tells what the schema should be after ${p.newest}: there is no ${p.path}. Name a snapshot of it, or a database that has just these migrations: migrate repair ${p.name} … --expect URL|SNAPSHOT`,
  ],
  REPAIR_REFUSED: [
    'refused',
    (p: { name: string; reason: string }) =>
      `Nothing was recorded of ${p.name}: ${p.reason}. See: migrate status`,
  ],
  REPAIR_DIFFERS: [
    'integrity',
    (p: { name: string; difference: string; differences: readonly unknown[] }) =>
      `Nothing was recorded of ${p.name}: the schema is not what is expected with it.\n\n${p.difference}\nChange it to that, then run this again.`,
  ],
  NOTHING_IN_DOUBT: [
    'usage',
    (p: { name: string }) => `${p.name} has no segment in doubt.`,
    () => [{ command: 'status', why: 'To see what is half done' }],
  ],
} as const satisfies Entries
