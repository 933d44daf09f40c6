import type { RestoredEntry } from '../../archive/manage.ts'
import { lookInto, type ArchiveEntry } from '../../archive/schema.ts'
import { printableName } from '../../errors/printable.ts'
import { size } from './words.ts'

/** A line for each entry of the archive. */
export function renderArchive(entries: readonly ArchiveEntry[]): string {
  if (entries.length === 0) return 'The archive is empty.\n'
  const lines = entries.flatMap((entry) => [
    renderEntry(entry),
    // What waits for a person.
    ...(entry.note === null ? [] : renderLook(lookInto(entry)).map((line) => `   ${line}`)),
  ])
  return `${lines.map(printableName).join('\n')}\n`
}

/** What became of an entry that was restored by hand. */
export function renderRestored(restored: RestoredEntry): string {
  const { entry, object, restoredRows, note, look, alsoMadeBy } = restored
  const rest = note === undefined ? '' : ` The rest stays in the archive: ${note}`
  const line = `Restored ${restoredRows} rows of entry ${entry} (${object}).${rest}`
  const also = alsoMadeBy
    ? [
        `The table has its rows and columns, without indexes and constraints. When ${alsoMadeBy.migration} is ${alsoMadeBy.when}, it makes ${object} itself: rename or drop this one before.`,
      ]
    : []
  return `${[line, ...also, ...renderLook(look)].map(printableName).join('\n')}\n`
}

function renderLook(look: readonly string[]): string[] {
  return look.map((sql) => `To see what it holds, run: ${sql}`)
}

/** What the archive has let go of. */
export function renderPurged(entries: readonly ArchiveEntry[]): string {
  if (entries.length === 0) return 'Nothing to purge.\n'
  return `Purged for good:\n${entries.map(renderEntry).map(printableName).join('\n')}\n`
}

function renderEntry(entry: ArchiveEntry): string {
  const { id, at, migration, kind, rows, bytes, note } = entry
  const what = `${id}  ${at}  ${kind} of ${showObject(entry)}: ${rows} rows, ${size(Number(bytes))}`
  return `${what}  (${migration})${note === null ? '' : `  ${note}`}`
}

function showObject({ schema, table, columns }: ArchiveEntry): string {
  const name = schema === 'public' ? table : `${schema}.${table}`
  return columns.length === 0 ? name : `${name} (${columns.join(', ')})`
}
