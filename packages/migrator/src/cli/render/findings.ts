import { renderSteps, type WordStep } from '../../errors/next-step.ts'
import type { Finding } from '../../inspect/check.ts'
import { printable } from './words.ts'

/** A paragraph for each finding, or that there is none. */
export function renderFindings(
  findings: readonly Finding[],
  hasDatabase: boolean,
  word: WordStep,
): string {
  const lines = findings.map(({ about, exit, says, next = [] }) => {
    const kind = exit === 'done' ? `${about} (warning)` : about
    return printable([`${kind}: ${says.trimEnd()}`, ...renderSteps(next, word)].join('\n'))
  })
  const isWhole = findings.every(({ exit }) => exit === 'done')
  const looked = hasDatabase
    ? 'entities, migrations and database fit'
    : 'entities and migrations fit; no database was given'
  return [...lines, ...(isWhole ? [`Whole: ${looked}.`] : [])].map((line) => `${line}\n`).join('')
}
