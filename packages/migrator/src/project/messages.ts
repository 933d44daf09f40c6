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
} as const
