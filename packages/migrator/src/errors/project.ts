import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** What is said of the files of a project. */
export const FILE_ERRORS = {
  NUL_BYTE: [
    'usage',
    (p: { what: string; line: number }) =>
      `${p.what} holds a NUL byte (line ${p.line}), and PostgreSQL would not see what follows it. Remove it.`,
  ],
  CODE_COMPILED: [
    'integrity',
    (p: { name: string; locked: string; found: string }) =>
      `${p.name} is code, locked as ${p.locked} and here as ${p.found}: from their texts nobody can tell that both do the same. Ship ${p.locked} with this build, in the folder that migrations.path names (Node runs TypeScript); or lock and apply the compiled files everywhere.`,
  ],
  SNAPSHOT_OF_ANOTHER: [
    'usage',
    (p: { folder: string; found: readonly string[]; wanted: string; name: string }) =>
      `${p.folder} has no ${p.wanted}, the snapshot of this database, but ${p.found.join(' and ')}, of another: what is there already would be created again. Nothing was written. Set migrations.snapshotName to '${p.name}' in the configuration, so that all databases share it, or rename it.`,
  ],
} as const satisfies Entries

/** The part of the catalogue of errors about making a migration and recording it. */
export const PROJECT_ERRORS = {
  MANIFEST_BROKEN: [
    'integrity',
    (p: { manifest: string; reason: string; remedy: string }) =>
      `${p.manifest} is not intact: ${p.reason}. ${p.remedy}`,
  ],
  RENAMES_UNDECIDED: [
    'refused',
    (p: { open: readonly { readonly gone: string; readonly candidates: readonly string[] }[] }) =>
      `Something is gone from the entities and something is new. If it has only another name, its data moves with it; nobody but you can tell. Nothing was written. Say for each what it is:${list(
        p.open.flatMap(({ gone, candidates }) => [
          ...candidates.map((name) => `--rename ${gone}:${name}`),
          `--drop ${gone}`,
        ]),
      )}`,
  ],
  RENAME_CHANGES: [
    'refused',
    (p: { gone: string; name: string; differs: readonly string[] }) =>
      `--rename ${p.gone}:${p.name} is more than a rename: they differ in ${p.differs.join(', ')}. Nothing was written. Rename it in one migration, and change the rest in the next.`,
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
            `${name} states phase = 'expand', but the release of the application before breaks by it:${list(breaks.map((one) => `it ${one}`))}`,
        )
        .join('\n')}
State phase = 'contract', or leave it out. Where that release works on all the same, say why in ${p.manifest}:
  "phaseExceptions": { "${p.migrations[0]?.name ?? ''}": "<reason>" }`,
  ],
} as const satisfies Entries
