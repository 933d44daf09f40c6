import type { HistoryEntry } from '../../inspect/history.ts'

/** A line for each entry of the journal. */
export function renderHistory(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'The journal is empty.\n'
  return `${entries.map(renderEntry).join('\n')}\n`
}

function renderEntry(entry: HistoryEntry): string {
  const { at, event, migration, direction, segment, segments, durationMs, role, host, note } = entry
  const part = segment === null ? '' : ` ${segment}${segments === null ? '' : `/${segments}`}`
  const what =
    migration === null ? '' : ` ${migration}${direction === null ? '' : ` ${direction}`}${part}`
  const time = durationMs === null ? '' : ` ${durationMs} ms`
  const first = note?.split('\n')[0]
  return `${at}  ${event.padEnd(9)}${what}${time}  by ${role}${host === null ? '' : `@${host}`}${first ? `  ${first}` : ''}`
}
