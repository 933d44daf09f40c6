import type { Finding } from '@techfacts/migrator'
import { printable } from './words.ts'

/** A paragraph for each finding, or that there is none. */
export function renderFindings(findings: readonly Finding[], hasDatabase: boolean): string {
  const lines = findings.map(({ about, exit, says }) => {
    const kind = exit === 'done' ? `${about} (warning)` : about
    return `${kind}: ${printable(says.trimEnd())}`
  })
  const isWhole = findings.every(({ exit }) => exit === 'done')
  const looked = hasDatabase
    ? 'entities, migrations and database fit'
    : 'entities and migrations fit; no database was given'
  return [...lines, ...(isWhole ? [`Whole: ${looked}.`] : [])].map((line) => `${line}\n`).join('')
}
