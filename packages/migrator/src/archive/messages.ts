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
    (p: {
      objects: readonly { object: string; count: number; what: string; obstacle: string }[]
    }) =>
      `What going back takes away cannot be kept in the archive:${list(p.objects.map(({ object, count, what, obstacle }) => `${object}: ${count} ${what}; ${obstacle}`))}\nTo lose it for good, run again with: ${p.objects.map(({ object }) => `--lose ${object.includes(' ') ? `'${object}'` : object}`).join(' ')}`,
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
