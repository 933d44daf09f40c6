import type { BookkeepingIssue } from '@techfacts/migrator'
import { printable } from './words.ts'

/** A paragraph for each: what it is, what is known of it, what can be done. */
export function renderAilments(ailments: readonly BookkeepingIssue[]): string {
  if (ailments.length === 0) return 'Nothing needs a person.\n'
  return ailments.map((ailment) => `${printable(paragraph(ailment).join('\n  '))}\n`).join('\n')
}

function paragraph(ailment: BookkeepingIssue): string[] {
  const { kind, migration, statement } = ailment
  switch (kind) {
    case 'in-doubt':
      return [
        `${migration} is in doubt: this was interrupted, and nobody saw its end`,
        statement ?? 'the code of the migration',
        'migrate up finds out by itself where PostgreSQL can tell. Where it cannot, look, and then run:',
        `migrate repair ${migration} --applied   or: migrate repair ${migration} --not-applied`,
      ]
    case 'edited':
      return [
        `${migration} is not what was applied`,
        ...applied(ailment),
        'Restore its file, and put the change into a new migration. If the change has no effect on the schema, run:',
        `migrate repair ${migration} --checksum --reason WHY`,
      ]
    case 'unrecorded':
      return [
        `${migration} is applied by the journal, and the ledger lacks it: somebody has changed that by other means`,
        ...applied(ailment),
        `If its work is there, record it again: migrate repair ${migration} --applied --reason WHY`,
        `If that was taken back by hand: migrate repair ${migration} --not-applied --reason WHY`,
      ]
    case 'unknown':
      return [
        `${migration} is applied, and this build has no file of it`,
        ...applied(ailment),
        'Run the build that has it, or restore its file from version control.',
        ...(ailment.by?.isUndoKept ? ['To take it back without its file: migrate down head'] : []),
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
