import type { WordStep } from '../../errors/next-step.ts'
import type { RunResult } from '../../run/request.ts'

/** The result of a run, in a few lines; `nothing` where it did nothing. */
export function renderRun(
  { direction, migrations, seeded, orphaned = [], squashes = [], waiting = [] }: RunResult,
  word: WordStep,
  nothing = 'Nothing to do.',
): string {
  const verb = direction === 'up' ? 'applied' : 'reverted'
  const lines = migrations.map(({ name, milliseconds }) => `${verb} ${name} (${milliseconds} ms)`)
  lines.push(...squashes.map((name) => `recorded ${name} in the place of its parts`))
  if (seeded) lines.push(...seeded.map((line) => `seeded ${line}`))
  // A backfill that is left to workers was begun.
  if (lines.length === 0 && !waiting.some(({ isForWorkers }) => isForWorkers)) lines.push(nothing)
  const count = migrations.length
  if (count > 0) lines.push(`${count} ${count === 1 ? 'migration' : 'migrations'} ${verb}.`)
  lines.push(...waiting.map((step) => `${step.migration} ${step.says}.`))
  if (waiting.some(({ isForWorkers }) => isForWorkers))
    lines.push(`To fill them, run: ${word({ command: 'backfill', args: ['run'] })}`)
  const left = migrations.flatMap(({ restored = [] }) => restored).filter(({ note }) => note).length
  if (left > 0) {
    const what = left === 1 ? '1 entry stays' : `${left} entries stay`
    const command = word({ command: 'archive', args: ['list'] })
    lines.push(`${what} in the archive, and could not be restored. See: ${command}`)
  }
  if (orphaned.length > 0) {
    const command = word({ command: 'archive', args: ['list'] })
    lines.push(
      `The archive keeps data of migrations that are no longer in the project, and nothing restores it by itself: ${orphaned.join(', ')}. Restore or purge its entries. See: ${command}`,
    )
  }
  return `${lines.join('\n')}\n`
}
