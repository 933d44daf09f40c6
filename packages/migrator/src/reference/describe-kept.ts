import type { KeptRow } from '../events.ts'

/** Says of a row what was kept of it, and why. It names no value but the key's. */
export function describeKept({ table, key, column = '', reason }: KeptRow): string {
  return `${table} ${key}: ${REASONS[reason](column)}`
}

const REASONS: Readonly<Record<KeptRow['reason'], (column: string) => string>> = {
  edited: (column) => `${column} was edited, and stays`,
  conflict: (column) => `${column} was edited, and stays, although another value is shipped now`,
  'own-row': () => 'a row with this key was there, and is not one that was shipped; it stays',
  deleted: () => 'it was deleted, and stays away',
  'edited-row': () => 'it is no longer shipped, but was edited, and stays',
  referenced: () => 'it is no longer shipped, but other rows refer to it, and it stays',
  refused: () =>
    'it stays as it is: a unique index, a foreign key or a trigger refuses what is shipped',
}
