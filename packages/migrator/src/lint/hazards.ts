/** What a statement may do to those who use the database while it runs, or afterwards. A closed list: each rule names some of them. */
export const HAZARDS = {
  'blocks-reads': 'Nobody can read the table while the statement works.',
  'blocks-writes': 'Nobody can write to the table while the statement works.',
  'long-lock': 'A lock is held longer than the change itself needs.',
  'full-scan-under-lock': 'Every row is read under a lock that stops others.',
  'table-rewrite': 'Every row is written again, and every index is built again.',
  'deletes-data': 'Rows or values are gone afterwards.',
  'loses-precision': 'Values are cut or rounded.',
  'breaks-previous-release': 'The release that is running now fails, or does something else.',
  'may-fail-on-rows': 'It fails if the rows that are there do not fit.',
  refused: 'PostgreSQL refuses it, whatever the rows are.',
  irreversible: 'No statement restores what was there before.',
  'not-resumable': 'After an interruption, running it again does not repair what it left.',
  'changes-access': 'Who may see or change which rows is another question afterwards.',
  'wrong-object': 'It may work on another object than the author meant.',
  'costs-later': 'It is harmless today, and a later change or a growing table pays for it.',
  'cannot-be-analysed': 'Its text does not say what it does.',
} as const

/** The name of a hazard. */
export type Hazard = keyof typeof HAZARDS

/** Hazards that last as long as the table is large: on one of a few rows they are over at once. */
export const GROWING: ReadonlySet<Hazard> = new Set([
  'long-lock',
  'full-scan-under-lock',
  'table-rewrite',
])
