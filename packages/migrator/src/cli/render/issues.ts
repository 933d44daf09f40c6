import { REVERT_UNKNOWN } from '../../errors/integrity.ts'
import { renderSteps, type StepOptions, type WordStep } from '../../errors/next-step.ts'
import type { BookkeepingIssue } from '../../repair/bookkeeping-issues.ts'
import { printable } from '../../errors/printable.ts'

/** Renders a paragraph for each issue: what it is, what is known about it, what to do. */
export function renderIssues(issues: readonly BookkeepingIssue[], word: WordStep): string {
  if (issues.length === 0) return 'Nothing needs a person.\n'
  return issues.map((issue) => `${printable(paragraph(issue, word).join('\n  '))}\n`).join('\n')
}

const WHY = { reason: 'WHY' }

function paragraph(issue: BookkeepingIssue, word: WordStep): string[] {
  const repair = (options: StepOptions) =>
    `${word({ command: 'repair', args: [issue.migration], options })}`
  const { kind, migration, statement } = issue
  switch (kind) {
    case 'in-doubt':
      return [
        `${migration} is in doubt: this statement was interrupted, and nothing proves whether it took effect`,
        statement ?? 'the code of the migration',
        `Where the catalog shows it, this finds it out: ${word({ command: 'up' })}`,
        `Otherwise look. If it took effect: ${repair({ applied: true })}`,
        `If it did not: ${repair({ notApplied: true })}`,
      ]
    case 'edited':
      return [
        `The file of ${migration} differs from what was applied`,
        ...applied(issue),
        'Restore its file, and put the change into a new migration. If the change has no effect on the schema, run:',
        repair({ checksum: true, ...WHY }),
      ]
    case 'unrecorded':
      return [
        `${migration} is applied by the journal, and the ledger lacks it: another tool changed the ledger`,
        ...applied(issue),
        `If its effect exists, record it again: ${repair({ applied: true, ...WHY })}`,
        `If it was reverted by hand: ${repair({ notApplied: true, ...WHY })}`,
      ]
    case 'unknown':
      return [
        `${migration} is applied, and this build has no file of it`,
        ...applied(issue),
        'Run the build that has it, or restore its file from version control.',
        ...(issue.by?.isUndoKept ? renderSteps([REVERT_UNKNOWN], word) : []),
      ]
    default:
      return []
  }
}

function applied({ by, executedAt }: BookkeepingIssue): string[] {
  if (!by)
    return [
      `Applied ${executedAt ?? 'at an unknown time'}; the journal has no entry for it: another tool did it.`,
    ]
  const { at, role, host, toolVersion, build, phase, statements, isUndoKept } = by
  const tool = `migrator ${toolVersion ?? 'of an unknown version'}${build ? `, build ${build}` : ''}`
  const undo = isUndoKept
    ? 'the journal has what reverts it'
    : 'the journal has nothing that reverts it'
  return [
    `Applied ${at} by ${role} on ${host ?? 'an unknown host'}, ${tool}.`,
    `${many(statements)}, phase ${phase ?? 'unknown'}; ${undo}.`,
  ]
}

function many(statements: number): string {
  if (statements === 0) return 'No statement: it is code'
  return statements === 1 ? '1 statement' : `${statements} statements`
}
