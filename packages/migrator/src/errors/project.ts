import type { Entries } from './entry.ts'
import { list } from './list.ts'
import type { CommandStep, NextStep } from './next-step.ts'
import { printableName } from './printable.ts'

/** The files of a project cannot be used. */
export const FILE_ERRORS = {
  NUL_BYTE: [
    'usage',
    (p: { what: string; line: number }) =>
      `${p.what} has a NUL byte (line ${p.line}), and PostgreSQL would not see what follows it. Remove it.`,
  ],
  MIGRATION_UNREADABLE: [
    'usage',
    (p: { file: string; reason: string; advice: string }) =>
      `${p.file} cannot be read as a migration: ${p.reason.replaceAll(/\s*\n\s*/g, ' ')}. ${p.advice}`,
  ],
  CODE_COMPILED: [
    'integrity',
    (p: { name: string; recorded: string; found: string }) =>
      `${p.name} is code: the manifest records ${p.recorded}, and here is ${p.found}. Their texts do not show whether both do the same. Ship ${p.recorded} with this build, in the folder that migrations.path names (Node runs TypeScript). Or record and apply the compiled files everywhere.`,
  ],
  RELEASE_EXISTS: [
    'refused',
    (p: { name: string; path: string }) =>
      `${p.path} records another release ${p.name}, and running applications may be of that one. Nothing was written. Choose another name.`,
  ],
  RELEASE_MISSING: [
    'usage',
    (p: { known: readonly string[] }) =>
      p.known.length === 0
        ? 'No release is recorded. Record the one that is running, in its own checkout.'
        : `No release of that name is recorded. The recorded ones are:${list(p.known)}`,
    () => [{ command: 'release', args: ['NAME'], why: 'To record one' }],
  ],
  RELEASE_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} cannot be read as a release: ${p.reason}. Restore it from version control.`,
  ],
  QUERIES_UNREADABLE: [
    'usage',
    (p: { path: string; line: number; reason: string }) =>
      `${p.path} cannot be read as recorded queries (line ${p.line}): ${p.reason}. Correct the line, or record the queries again.`,
  ],
  SNAPSHOT_OF_ANOTHER: [
    'usage',
    (p: { folder: string; found: readonly string[]; wanted: string; name: string }) =>
      `${p.folder} has no ${p.wanted}, the snapshot of this database, but has ${p.found.join(' and ')}, of another: everything that exists already would be created again. Nothing was written. Set migrations.snapshotName to '${p.name}' in the configuration, so that all databases share it, or rename it.`,
  ],
} as const satisfies Entries

/** What is gone from the entities, as `jobs` or `jobs.title`, and what is new and could be the same. */
export interface OpenRename {
  readonly gone: string
  readonly candidates: readonly string[]
  /** Of a column. */
  readonly table?: string
  /** New columns of other tables, of the same name, as `others.title`. */
  readonly elsewhere?: readonly string[]
}

function listOpen(open: readonly OpenRename[]): string {
  return list(
    open.map(({ gone, candidates, elsewhere = [] }) => {
      const all = [...candidates, ...elsewhere]
      return all.length > 0 ? `${gone} is gone; new: ${all.join(', ')}` : `${gone} is gone`
    }),
  )
}

function decideEach({ open }: { readonly open: readonly OpenRename[] }): CommandStep[] {
  return open.flatMap(({ gone, candidates, table, elsewhere = [] }) => [
    ...[...candidates, ...elsewhere].map((name) => ({
      command: 'again' as const,
      options: { rename: [`${gone}:${name}`] },
      why: `If ${gone} is ${name} now`,
    })),
    ...(table === undefined || candidates.length === 0 ? [] : [moveInto(gone, candidates, table)]),
    { command: 'again' as const, options: { drop: [gone] }, why: `If ${gone} is to go` },
  ])
}

function moveInto(gone: string, candidates: readonly string[], table: string): CommandStep {
  const columns = [...candidates.map((name) => `${table}.${name}`), gone]
  return {
    command: 'again',
    options: { drop: [gone], fill: columns.map((column) => `${column}=EXPRESSION`) },
    why: `If ${candidates.join(', ')} ${candidates.length === 1 ? 'gets' : 'get'} the values of ${gone}`,
  }
}

/** A side of a conflict: what a merge calls it, and the migrations that it alone has. */
export interface ConflictSide {
  readonly label: string
  readonly adds: readonly string[]
}

function describeSide({ label, adds }: ConflictSide): string {
  return `${label} adds ${adds.length === 0 ? 'no migration' : adds.map(printableName).join(', ')}`
}

/** A migration cannot be made or recorded. */
export const PROJECT_ERRORS = {
  COMPILED_UNREADABLE: [
    'integrity',
    (p: { path: string; reason: string }) =>
      `${p.path} is not a compiled migration: ${p.reason}. Restore it from version control.`,
    () => [{ command: 'hash', why: 'Or, to compile it again' }],
  ],
  COMPILED_DIFFERS: [
    'integrity',
    (p: {
      files: readonly { readonly name: string; readonly path: string; readonly reason: string }[]
    }) =>
      `${p.files.map(({ name, path, reason }) => `${path} is not what ${name} compiles to: ${reason}.`).join('\n')}\nRestore what was edited from version control.`,
    () => [{ command: 'hash', why: 'Or, if it was never released, to compile it again' }],
  ],
  LINT_UNRECORDED: [
    'integrity',
    (p: { manifest: string }) =>
      `The configuration of lint or of contract steps is not the one that ${p.manifest} has, and runs judge by that.`,
    () => [{ command: 'hash', why: 'To record it' }],
  ],
  SCHEMA_UNRECORDED: [
    'usage',
    (p: { name: string }) =>
      `The compiled migrations do not record the schema after ${p.name}. Nothing was changed.`,
    () => [{ command: 'hash', options: { scratchUrl: 'URL' }, why: 'To record it' }],
  ],
  MANIFEST_BROKEN: [
    'integrity',
    (p: { manifest: string; reason: string }) =>
      `${p.manifest} is not intact: ${p.reason}. Restore it from version control.`,
  ],
  MANIFEST_CONFLICTED: [
    'integrity',
    (p: { manifest: string; sides: readonly ConflictSide[] }) =>
      `${p.manifest} has the conflict of a merge: ${p.sides.map(describeSide).join(', and ')}.`,
    () => [{ command: 'rebase', why: 'To place what is not released after the rest' }],
  ],
  RENAMES_UNDECIDED: [
    'refused',
    (p: { open: readonly OpenRename[] }) =>
      `The entities no longer have what the migrations made:${listOpen(p.open)}\nNothing was written. Say whether each was renamed, moved or dropped: the data follow.`,
    decideEach,
  ],
  RENAMES_UNKNOWN: [
    'usage',
    (p: { unused: readonly string[]; open: readonly OpenRename[] }) =>
      `No change of the entities that has no migration yet fits this answer:${list(p.unused)}\nNothing was written. Run it again without that.${p.open.length === 0 ? '' : ` These changes need an answer:${listOpen(p.open)}`}`,
    ({ open }: { open: readonly OpenRename[] }) =>
      open.length === 0
        ? [
            {
              command: 'create',
              options: { undo: true },
              why: 'If the newest migration has the change, and was not applied',
            },
          ]
        : // Not again: it would repeat the answer that does not fit.
          decideEach({ open }).map((step) => ({ ...step, command: 'create' as const })),
  ],
  RENAME_CHANGES: [
    'refused',
    (p: { gone: string; name: string; differs: readonly string[] }) =>
      `${p.gone} cannot just be renamed to ${p.name}: they differ in ${p.differs.join(', ')}. Nothing was written. Rename it in one migration, and change the rest in the next.`,
  ],
  RECIPE_UNDECIDED: [
    'refused',
    (p: { columns: readonly string[] }) =>
      `The previous release still reads what is gone from the entities:${list(p.columns)}\nIn rows that the new release writes, each needs a value, too. Nothing was written. Say how it is computed from the new columns.`,
    ({ columns }: { columns: readonly string[] }) => [
      {
        command: 'again',
        options: { fill: columns.map((column) => `${column}=EXPRESSION`) },
        why: 'To compute it',
      },
    ],
  ],
  KEY_UNDECIDED: [
    'refused',
    (p: { column: string }) =>
      `${p.column} is a text that becomes a uuid, which is in the text already, or is to be a new one. Nothing was written. Say which it is.`,
    ({ column }: { column: string }) => {
      const [name = ''] = column.split('.').slice(-1)
      return [
        {
          command: 'again',
          options: { fill: [`${column}="${name}"::uuid`] },
          why: 'Where each text is a uuid',
        },
        {
          command: 'again',
          options: { fill: [`${column}=gen_random_uuid()`] },
          why: 'Where each row gets a new one',
        },
      ]
    },
  ],
  RECIPE_REFUSED: [
    'refused',
    (p: { change: string; reason: string; isBesideAlone?: boolean }) =>
      `The previous release of the application cannot go on beside this change: ${p.change}, since ${p.reason}. Nothing was written.`,
    ({ isBesideAlone = false }: { isBesideAlone?: boolean }) =>
      isBesideAlone
        ? []
        : [
            {
              command: 'again',
              options: { inPlace: true },
              why: 'To make the change in place, once that release is gone',
            },
          ],
  ],
  CAST_MISSING: [
    'refused',
    // `isBack`: it is the way back that has none.
    (p: { column: string; from: string | undefined; to: string | undefined; isBack?: boolean }) =>
      `${p.isBack ? `${p.column} could become ${p.from}, and never ${p.to} again:` : `${p.column} cannot become ${p.to}: it is ${p.from}, and`} PostgreSQL has no cast from one to the other. Nothing was written. Give the property of the new type another name, so that it is a column of its own, and say what its rows get; or write the change by hand, with USING.`,
  ],
  KEY_UNMADE: [
    'refused',
    (p: { column: string; from: string | undefined }) =>
      `${p.column} cannot become uuid in place: it is ${p.from}, and no value of that is a uuid. Nothing was written. Beside a release that has the key, each row gets a uuid of its own, and what refers to it the same: record that release, and let the change be made beside it.`,
    () => [{ command: 'release', args: ['NAME'], why: 'To record what is released' }],
  ],
  UNDO_REFUSED: [
    'refused',
    (p: { path: string; reason: string }) => `${p.path} is not removed: ${p.reason}.`,
  ],
  PHASE_UNDERSTATED: [
    'refused',
    (p: {
      migrations: readonly { readonly name: string; readonly breaks: readonly string[] }[]
      manifest: string
    }) =>
      `${p.migrations
        .map(
          ({ name, breaks }) =>
            `${name} states phase = 'expand', but it breaks the previous release:${list(breaks.map((one) => `it ${one}`))}`,
        )
        .join('\n')}
State phase = 'contract', or leave it out. If the previous release works all the same, give the reason in ${p.manifest}:
  "phaseExceptions": { "${p.migrations[0]?.name ?? ''}": "<reason>" }`,
  ],
} as const satisfies Entries

const NAME_REVISION: readonly NextStep[] = [
  { command: 'again', options: { onto: 'REVISION' }, why: 'To name the one whose migrations stay' },
]

/** The migrations of two branches cannot be put in one order. */
export const BRANCH_ERRORS = {
  ONTO_UNKNOWN: [
    'usage',
    (p: { onto: string; reason: string }) =>
      `The migrations of the revision ${p.onto} are not known: ${p.reason}. Nothing was changed.`,
    () => NAME_REVISION,
  ],
  SINCE_UNKNOWN: [
    'usage',
    (p: { since: string; reason: string }) =>
      `What is new since the revision ${p.since} is not known: ${p.reason}.`,
    () => [
      { command: 'lint', options: { since: 'REVISION' }, why: 'To name another one' },
      { command: 'lint', why: 'Or, to lint every migration' },
    ],
  ],
  NO_REPOSITORY: [
    'usage',
    (p: { folder: string; reason: string }) =>
      `Which migrations are new is known by git alone, and ${p.folder} is in no repository that it reads (${p.reason.replace(/\.$/, '')}). Nothing was done.`,
  ],
  ONTO_UNRELATED: [
    'usage',
    (p: { onto: string; sides: readonly ConflictSide[] }) =>
      `The revision ${p.onto} has neither side of the conflict: ${p.sides.map(describeSide).join(', and ')}. Nothing was changed.`,
    () => NAME_REVISION,
  ],
  ONTO_UNMERGED: [
    'usage',
    (p: { onto: string; names: readonly string[] }) =>
      `The revision ${p.onto} has migrations that are not here:${list(p.names)}\nNothing was changed. Merge it first.`,
    () => [{ command: 'again', why: 'After that' }],
  ],
  BRANCHES_OVERLAP: [
    'refused',
    (p: {
      onto: string
      manifest: string
      overlaps: readonly {
        readonly object: string
        readonly released: string
        readonly unreleased: string
      }[]
    }) =>
      `Both branches change the same objects:${list(p.overlaps.map(({ object, released, unreleased }) => `${object}: ${released} (${p.onto}) and ${unreleased}`))}
Nothing was changed. Edit or delete what is not released, so that it fits after the rest. If all of it is right as it is, restore ${p.manifest} from ${p.onto}, and give the files that are not released names that come last.`,
    () => [
      { command: 'again', why: 'After an edit' },
      { command: 'hash', why: 'After names were given by hand' },
    ],
  ],
  REBASE_STOPPED: [
    'refused',
    (p: { name: string; onto: string; reason: string }) =>
      `${p.name} does not run after the migrations of ${p.onto}: ${p.reason}\nNothing was changed. Edit it, so that it fits after them.`,
    () => [{ command: 'again', why: 'After that' }],
  ],
  SNAPSHOT_CONFLICTED: [
    'refused',
    (p: { path: string; reason: string }) =>
      `${p.path}, the snapshot of the entities, has the conflict of a merge, and ${p.reason}. Nothing was changed. Resolve it by hand.`,
    () => [{ command: 'again', why: 'After that' }],
  ],
} as const satisfies Entries
