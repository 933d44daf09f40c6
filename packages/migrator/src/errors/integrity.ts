import type { Entries } from './entry.ts'
import { list } from './list.ts'
import type { CommandStep, NextStep } from './next-step.ts'

/** Reverts the migrations that are applied and that this build has no file of. */
export const REVERT_UNKNOWN: CommandStep = {
  command: 'down',
  args: ['head'],
  why: 'To revert what this build has no file of',
}

/** What another tool has recorded no command here reverts, and with it nothing that is beside it. */
function wayOut({
  others,
  ledger,
}: {
  readonly others: readonly string[]
  readonly ledger: string
}): NextStep[] {
  if (others.length === 0) return [REVERT_UNKNOWN]
  const names = others.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ')
  const sql = `delete from ${ledger} where regexp_replace(name, '\\.[jt]s$', '') in (${names})`
  return [{ sql, why: 'If they are not to be here, after what they made is gone' }]
}

/** The files, the manifest, the ledger and the journal do not agree. */
export const INTEGRITY_ERRORS = {
  NOT_A_MIGRATION: [
    'integrity',
    (p: { file: string; reason: string }) =>
      `${p.file} is in the folder of migrations and is not a migration: ${p.reason}. Move it to another folder.`,
  ],
  NOT_IN_MANIFEST: [
    'integrity',
    (p: { names: readonly string[]; manifest: string }) =>
      `${p.manifest} does not list these migrations:${list(p.names)}`,
    () => [{ command: 'hash', why: 'If they are new' }],
  ],
  FILE_MISSING: [
    'integrity',
    (p: { names: readonly string[]; manifest: string }) =>
      `${p.manifest} lists migrations that have no file:${list(p.names)}\nRestore the files from version control.`,
  ],
  FILE_EDITED: [
    'integrity',
    (p: {
      files: readonly { readonly name: string; readonly recorded: string; readonly found: string }[]
    }) =>
      `${p.files.map(({ name, recorded, found }) => `${name} was edited after it was recorded (manifest ${recorded}, file ${found}).`).join('\n')}\nRestore what was edited.`,
    () => [{ command: 'hash', why: 'If it was never released' }],
  ],
  APPLIED_UNKNOWN: [
    'integrity',
    (p: {
      names: readonly string[]
      others: readonly string[]
      renamed: readonly { readonly from: string; readonly to: string }[]
      hasOwn: boolean
      ledger: string
    }) => {
      const ours = p.names.filter((name) => !p.others.includes(name))
      return [
        ...(ours.length === 0
          ? []
          : [
              `The database has migrations that this build does not have:${list(ours)}\nRun the build that has them, or restore their files.`,
            ]),
        ...p.renamed.map(({ from, to }) => `${from} has another name in this build: ${to}.`),
        ...(p.others.length === 0
          ? []
          : [
              `Another tool has recorded migrations in ${p.ledger}, and nothing here knows them:${list(p.others)}\nRestore their files if they are of this project. If another project shares the ledger, give each its own (migrations.tableName).`,
            ]),
        ...(p.hasOwn
          ? []
          : [
              'The database has none of the migrations of this build: check that this is the right database and the right configuration.',
            ]),
      ].join('\n')
    },
    (p: {
      names: readonly string[]
      others: readonly string[]
      hasOwn: boolean
      ledger: string
    }) => [
      { command: 'repair', why: 'To see who applied them and when' },
      ...(p.hasOwn ? wayOut(p) : []),
    ],
  ],
  APPLIED_EDITED: [
    'integrity',
    (p: { name: string; applied: string; found: string }) =>
      `${p.name} is not what was applied (applied ${p.applied}, here ${p.found}). Restore the file as it was applied, and put the change into a new migration. If nobody has it as it was, and the database is your own, move the file away: what was applied is in the journal, and can be reverted without it.`,
    (p: { name: string }) => [
      { command: 'create', why: 'To make a new migration' },
      { command: 'hash', why: 'Or, with the file moved away' },
      { command: 'down', args: ['head'], why: 'Then, to revert what was applied' },
      { command: 'hash', why: 'With the file moved back' },
      { command: 'up', why: 'And at last, to apply it as it is' },
      {
        command: 'repair',
        args: [p.name],
        options: { checksum: true, reason: 'WHY' },
        why: 'If only its form differs (code that was compiled)',
      },
    ],
  ],
  SQUASH_PARTIAL: [
    'integrity',
    (p: { name: string; missing: readonly string[] }) =>
      `${p.name} is a squash of several migrations. This database lacks some of them, and their files are not there any more:${list(p.missing)}\nFirst run a build that still has them, as far as the last of them. Then run this build.`,
  ],
  APPLIED_TWICE: [
    'integrity',
    (p: { ledger: string; names: readonly string[] }) =>
      `${p.ledger} records migrations more than once:${list(p.names)}\nFind out why, then delete the surplus rows (keep the lowest id).`,
  ],
  OUT_OF_ORDER: [
    'integrity',
    (p: { pending: readonly string[]; after: string; later: readonly string[]; back: string }) =>
      `${p.after} is applied, and these migrations, which come before it, are not:${list(p.pending)}
If they were not released, give their files later names:${list(p.pending.map((name, position) => `${name} becomes ${p.later[position]}`))}`,
    (p: { back: string }) => [
      { command: 'rebase', why: 'To do so, and to record them again' },
      { command: 'down', args: [p.back], why: 'Otherwise, to revert what comes after them' },
    ],
  ],
  PREFIX_EDITED: [
    'integrity',
    (p: { name: string; statement: number }) =>
      `${p.name} is half applied, and its statement ${p.statement}, which was applied, was edited since. Restore it. Only statements that are not applied yet may change.`,
  ],
  INDEX_IN_THE_WAY: [
    'integrity',
    (p: { index: string; reason: string }) =>
      `Index ${p.index} exists, and this migrator did not build it: ${p.reason}. Drop or rename it, then run again.`,
  ],
  UNDO_UNCLEAR: [
    'integrity',
    (p: { name: string; statement: string }) =>
      `${p.name} is half applied, and its down does not show what undoes only this:\n  ${p.statement}`,
    (p: { name: string }) => [{ command: 'up', args: [p.name], why: 'To complete it first' }],
  ],
  HALF_REVERTED: [
    'integrity',
    (p: { name: string; statement: string }) =>
      `${p.name} is half reverted, and its up does not show what restores only this:\n  ${p.statement}`,
    () => [{ command: 'down', args: ['-1'], why: 'To complete the way back first' }],
  ],
  ENSURES_IN_DOUBT: [
    'integrity',
    (p: { name: string; says: string }) =>
      `${p.name} was applied, and what it ensures does not hold: ${p.says}\nIts last statement cannot be rolled back. Correct the data.`,
    () => [{ command: 'up', why: 'After that' }],
  ],
} as const satisfies Entries
