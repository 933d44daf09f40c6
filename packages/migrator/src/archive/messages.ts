/** The part of the catalogue of errors (`errors.ts`) that is about what going back takes away. */

const list = (names: readonly string[]): string => names.map((name) => `\n  ${name}`).join('')

export const ARCHIVE_ERRORS = {
  LOSSES_UNCONFIRMED: [
    'refused',
    (p: { losses: readonly string[]; target: string }) =>
      `This database is not marked disposable, and going back takes away:${list(p.losses)}\nWhat is counted is kept in the archive, and given back when the migrations are applied again. To go on, run: migrate down ${p.target} --yes`,
  ],
  NOT_KEPT: [
    'refused',
    (p: { objects: readonly { object: string; obstacle: string }[] }) =>
      `The archive cannot keep what this run takes away:${list(p.objects.map(({ object, obstacle }) => `${object}: ${obstacle}`))}\nNothing was changed. To lose it for good, run again with: ${p.objects.map(({ object }) => `--lose ${object.includes(' ') ? `'${object}'` : object}`).join(' ')}`,
  ],
  KEEP_EXCEEDED: [
    'refused',
    (p: { name: string; objects: readonly string[]; reason: string }) =>
      `${p.name} says that what it takes of ${p.objects.join(', ')} is kept, and ${p.reason}. The segment was rolled back. Raise keepRows in its file, or take it out, and run: migrate lock`,
  ],
  LOSSES_EXCEEDED: [
    'refused',
    (p: { object: string; rows: number; confirmed: number }) =>
      `The run takes ${p.rows} rows of ${p.object}, and ${p.confirmed} were confirmed. The segment was rolled back. Look at what migrate plan --down lists, then run again.`,
  ],
  LOSS_UNSEEN: [
    'refused',
    (p: { table: string; rows: number }) =>
      `A statement changed ${p.rows} rows of ${p.table} while the triggers of the table were disabled, so the archive could not keep them. The segment was rolled back. Take the DISABLE TRIGGER out of the migration, or run again with: --lose ${p.table}`,
  ],
  ARCHIVE_ENTRY_UNKNOWN: [
    'usage',
    (p: { id: string }) => `The archive has no entry ${p.id}. See: migrate archive list`,
  ],
  RESTORE_REFUSED: [
    'refused',
    (p: { id: string; object: string; reason: string }) =>
      `Entry ${p.id} (${p.object}) stays in the archive, since PostgreSQL refused it: ${p.reason}\nMend the cause, then run: migrate archive restore ${p.id}`,
  ],
  PURGE_UNCONFIRMED: [
    'refused',
    (p: { entries: readonly string[] }) =>
      `Nothing can bring back what the archive lets go of:${list(p.entries)}\nTo go on, run it again with --yes`,
  ],
} as const
