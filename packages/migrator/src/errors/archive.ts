import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** What migrations take away, and what the archive keeps of it. */
export const ARCHIVE_ERRORS = {
  LOSSES_UNCONFIRMED: [
    'refused',
    (p: { losses: readonly string[]; target: string }) =>
      `Going back takes data away, and this database is not marked as disposable:${list(p.losses)}\nThe archive keeps what is counted, and restores it when the migrations are applied again. Nothing was changed.`,
    (p: { target: string }) => [
      { command: 'down', args: [p.target], options: { yes: true }, why: 'To go on' },
    ],
  ],
  NOT_KEPT: [
    'refused',
    (p: { objects: readonly { object: string; unarchivableReason: string }[] }) =>
      `The archive cannot keep what this run takes away:${list(p.objects.map(({ object, unarchivableReason }) => `${object}: ${unarchivableReason}`))}\nNothing was changed.`,
    (p: { objects: readonly { object: string }[] }) => [
      {
        command: 'again',
        options: { lose: p.objects.map(({ object }) => object) },
        why: 'To lose it for good',
      },
    ],
  ],
  LOSE_UNKNOWN: [
    'usage',
    (p: { name: string }) =>
      `What may be lost names ${p.name}, and there is no such table or column. Write a table or a column, such as jobs, jobs.payload or app.jobs.payload. Nothing was changed.`,
  ],
  LOSE_AMBIGUOUS: [
    'usage',
    (p: { name: string; meanings: readonly string[] }) =>
      `What may be lost names ${p.name}, which means more than one thing. Write the one that is meant (.* is the whole table):${list(p.meanings)}\nNothing was changed.`,
  ],
  KEEP_EXCEEDED: [
    'refused',
    (p: { name: string; objects: readonly string[]; reason: string }) =>
      `${p.name} says that what it takes of ${p.objects.join(', ')} is kept, and ${p.reason}. The segment was rolled back. Raise keepRows in its file, or remove it.`,
    () => [{ command: 'hash', why: 'After that' }],
  ],
  LOSSES_EXCEEDED: [
    'refused',
    (p: { object: string; rows: number; confirmed: number }) =>
      `The run takes ${p.rows} rows of ${p.object}, and ${p.confirmed} were confirmed. The segment was rolled back. The next run names these rows and asks again.`,
    () => [{ command: 'plan', options: { down: true }, why: 'To see what goes' }],
  ],
  LOSS_UNSEEN: [
    'refused',
    (p: { table: string; isPartitioned: boolean; rows: number }) =>
      `A statement changed ${p.rows} rows of ${p.table} while the triggers of the table were disabled${p.isPartitioned ? ', or a partition of it was detached' : ''}, so the archive could not keep them. The segment was rolled back. Remove the DISABLE TRIGGER from the migration${p.isPartitioned ? ', or write DETACH PARTITION and what follows as statements of their own' : ''}.`,
    (p: { table: string }) => [
      { command: 'again', options: { lose: [p.table] }, why: 'To lose these rows for good' },
    ],
  ],
  ROLLBACK_TO_UNKEPT: [
    'refused',
    (p: { name: string; statement: string }) =>
      `${p.name} rolls back to a savepoint, and the archive keeps nothing across that:\n  ${p.statement}\nThe segment was rolled back. Remove it from the migration, with what it undoes.`,
    () => [{ command: 'hash', why: 'After that' }],
  ],
  CURSOR_UNKEPT: [
    'refused',
    (p: { name: string; statement: string }) =>
      `A cursor of ${p.name} may take data away, and the archive cannot keep what the query of a cursor takes:\n  ${p.statement}\nThe segment was rolled back. Write the query without a cursor.`,
    () => [{ command: 'hash', why: 'After that' }],
  ],
  ARCHIVE_ENTRY_UNKNOWN: [
    'usage',
    (p: { id: string }) => `The archive has no entry ${p.id}.`,
    () => [{ command: 'archive', args: ['list'], why: 'To see the entries' }],
  ],
  RESTORE_REFUSED: [
    'refused',
    (p: { id: string; object: string; reason: string; look: readonly string[] }) =>
      `Entry ${p.id} (${p.object}) stays in the archive, because PostgreSQL refused it: ${p.reason}\nRemove the cause.`,
    (p: { id: string; look: readonly string[] }) => [
      { command: 'archive', args: ['restore', p.id], why: 'After that' },
      ...p.look.map((sql) => ({ sql, why: 'To see what it holds' })),
    ],
  ],
  PURGE_UNCONFIRMED: [
    'refused',
    (p: { entries: readonly string[] }) =>
      `Purging deletes these from the archive for good:${list(p.entries)}\nNothing was deleted.`,
    () => [{ command: 'again', options: { yes: true }, why: 'To delete them' }],
  ],
  PURGE_UNKNOWN: [
    'usage',
    (p: { table: string }) =>
      `Neither the database nor the chosen entries of the archive have a table ${p.table}. Nothing was deleted.`,
    () => [{ command: 'archive', args: ['list'], why: 'To see the tables of the entries' }],
  ],
  PURGE_AMBIGUOUS: [
    'usage',
    (p: { table: string; tables: readonly string[] }) =>
      `The rows to purge are of ${p.table}, and several schemas have or had a table of that name. Write the one that is meant:${list(p.tables)}\nNothing was deleted.`,
  ],
  PURGE_VALUE_INVALID: [
    'usage',
    (p: { rows: string; reason: string }) =>
      `The type of the column does not read the value in ${p.rows}: ${p.reason}. Nothing was deleted. Correct the value.`,
  ],
  PURGE_UNJUDGED: [
    'refused',
    (p: { rows: string; entries: readonly { id: string; object: string; reason: string }[] }) =>
      `These entries may have something of ${p.rows}, and nothing can tell:${list(p.entries.map(({ id, object, reason }) => `${id}: ${object}, ${reason}`))}\nNothing was deleted. Name the rows by another column, or delete the entries.`,
    (p: { entries: readonly { id: string }[] }) => [
      {
        command: 'archive',
        args: ['purge', ...p.entries.map(({ id }) => id)],
        why: 'To delete these entries whole',
      },
    ],
  ],
} as const satisfies Entries
