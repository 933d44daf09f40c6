import { count } from '../../errors/list.ts'
import { renderSteps, type WordStep } from '../../errors/next-step.ts'
import type { Finding } from '../../inspect/finding.ts'
import { printable } from '../../errors/printable.ts'

/** A paragraph for each finding, and a verdict. */
export function renderFindings(
  findings: readonly Finding[],
  hasDatabase: boolean,
  word: WordStep,
): string {
  const lines = findings.map(({ about, exit, says, next = [] }) => {
    const kind = exit === 'done' ? `${about} (warning)` : about
    return printable([`${kind}: ${says.trimEnd()}`, ...renderSteps(next, word)].join('\n'))
  })
  return [...lines, verdictOn(findings, hasDatabase)].map((line) => `${line}\n`).join('')
}

/** The last line: one verdict over all findings. */
function verdictOn(findings: readonly Finding[], hasDatabase: boolean): string {
  const faults = findings.filter(({ exit }) => exit !== 'done').length
  const warnings = count(findings.length - faults, 'warning')
  const asked = hasDatabase ? '' : ' DATABASE_URL is not set: no database was checked.'
  if (faults > 0) return `Not whole: ${count(faults, 'fault')}, ${warnings}.${asked}`
  const what = hasDatabase ? 'entities, migrations and database fit' : 'entities and migrations fit'
  return findings.length === 0
    ? `Whole: ${what}.${asked}`
    : `Fit for use, with ${warnings}.${asked}`
}
