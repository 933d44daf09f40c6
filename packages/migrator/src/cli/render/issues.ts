import type { StepOptions, WordCommand } from '../../errors/next-step.ts'
import type { BookkeepingIssue } from '../../repair/diagnose.ts'
import { printable } from './words.ts'

/** A paragraph for each: what it is, what is known of it, what can be done. */
export function renderIssues(issues: readonly BookkeepingIssue[], word: WordCommand): string {
  if (issues.length === 0) return 'Nothing needs a person.\n'
  return issues.map((issue) => `${printable(paragraph(issue, word).join('\n  '))}\n`).join('\n')
}

const WHY = { reason: 'WHY' }

function paragraph(issue: BookkeepingIssue, word: WordCommand): string[] {
  const repair = (options: StepOptions) =>
    `${word({ command: 'repair', args: [issue.migration], options })}`
  const back = word({ command: 'down', args: ['head'] })
  const { kind, migration, statement } = issue
  switch (kind) {
    case 'in-doubt':
      return [
        `${migration} is in doubt: this was interrupted, and nobody saw its end`,
        statement ?? 'the code of the migration',
        `Where PostgreSQL can tell, this finds out by itself: ${word({ command: 'up' })}`,
        `Where it cannot, look. If it took effect: ${repair({ applied: true })}`,
        `If it did not: ${repair({ notApplied: true })}`,
      ]
    case 'edited':
      return [
        `${migration} is not what was applied`,
        ...applied(issue),
        'Restore its file, and put the change into a new migration. If the change has no effect on the schema, run:',
        repair({ checksum: true, ...WHY }),
      ]
    case 'unrecorded':
      return [
        `${migration} is applied by the journal, and the ledger lacks it: somebody has changed that by other means`,
        ...applied(issue),
        `If its work is there, record it again: ${repair({ applied: true, ...WHY })}`,
        `If that was taken back by hand: ${repair({ notApplied: true, ...WHY })}`,
      ]
    case 'unknown':
      return [
        `${migration} is applied, and this build has no file of it`,
        ...applied(issue),
        'Run the build that has it, or restore its file from version control.',
        ...(issue.by?.isUndoKept ? [`To revert it without its file: ${back}`] : []),
      ]
    default:
      return []
  }
}

function applied({ by, executedAt }: BookkeepingIssue): string[] {
  if (!by)
    return [
      `Applied ${executedAt ?? 'at an unknown time'}; the journal knows nothing of it: another tool did it.`,
    ]
  const { at, role, host, toolVersion, build, phase, statements, isUndoKept } = by
  const tool = `migrator ${toolVersion ?? 'of an unknown version'}${build ? `, build ${build}` : ''}`
  const undo = isUndoKept ? 'what undoes it is in the journal' : 'nothing in the journal undoes it'
  return [
    `Applied ${at} by ${role} on ${host ?? 'an unknown host'}, ${tool}.`,
    `${statements} statements, phase ${phase ?? 'unknown'}; ${undo}.`,
  ]
}
