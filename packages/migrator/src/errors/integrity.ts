import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** The files, the ledger and the journal do not agree. */
export const INTEGRITY_ERRORS = {
  NOT_A_MIGRATION: [
    'integrity',
    (p: { file: string; reason: string }) =>
      `${p.file} lies among the migrations but is none: ${p.reason}. Move it elsewhere.`,
  ],
  NOT_IN_MANIFEST: [
    'integrity',
    (p: { names: readonly string[]; manifest: string }) =>
      `Migrations that ${p.manifest} does not list:${list(p.names)}`,
    () => [{ command: 'hash', why: 'If they are new' }],
  ],
  FILE_MISSING: [
    'integrity',
    (p: { names: readonly string[]; manifest: string }) =>
      `${p.manifest} lists migrations whose files are gone:${list(p.names)}\nRestore them from version control.`,
  ],
  FILE_EDITED: [
    'integrity',
    (p: { name: string; locked: string; found: string }) =>
      `${p.name} was edited after it was locked (lock file ${p.locked}, file ${p.found}). Restore it.`,
    () => [{ command: 'hash', why: 'If it was never released' }],
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
Where they have not been released, give their files later names, then run: migrate hash${list(p.pending.map((name, position) => `${name} becomes ${p.later[position]}`))}
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
} as const satisfies Entries
