import { count } from '../../errors/list.ts'
import { renderFailure, type WordStep } from '../../errors/next-step.ts'
import { describeRun } from '../../inspect/run-at-work.ts'
import { describeKept } from '../../reference/describe-kept.ts'
import type { MigrationStatus, Status } from '../../inspect/status.ts'

/** So that it fits one screen; the rest is a number, and `--all` lists it. */
const MOST_LINES = 15

/** What is at head in one line, then what is not; with `isAll` a line for each migration. */
export function renderStatus(
  { migrations, pending, running, outOfOrder, waiting = [], kept = [] }: Status,
  isAll: boolean,
  word: WordStep,
): string {
  const sum =
    pending === 0
      ? `At head: ${count(migrations.length - waiting.length, 'migration')} applied${waiting.length > 0 ? `, ${waiting.length} waiting` : ''}.`
      : `${pending} of ${count(migrations.length, 'migration')} ${pending === 1 ? 'is' : 'are'} to be applied: ${running ? 'wait for the run that is at work' : word(findNext(migrations))}`
  const lines = [
    ...(isAll ? migrations.map(renderLine) : summary(migrations, word)),
    ...waiting.map((step) => `${step.migration} ${step.says}.`),
    ...kept.map((row) => `${describeKept(row)}.`),
  ]
  return `${[...lines, ...(running ? [describeRun(running)] : []), outOfOrder ? renderFailure(outOfOrder, word) : sum].join('\n')}\n`
}

/** What `up` would refuse first. */
function findNext(migrations: readonly MigrationStatus[]): Parameters<WordStep>[0] {
  const next = migrations.find(({ state }) => state !== 'applied' && state !== 'waiting')
  return next?.state === 'paused'
    ? { command: 'backfill', args: ['resume', next.name] }
    : { command: 'up' }
}

function summary(migrations: readonly MigrationStatus[], word: WordStep): string[] {
  const open = migrations.filter(({ state }) => state !== 'applied')
  if (open.length === 0) return []
  const applied = migrations.filter(({ state }) => state === 'applied')
  const last = applied.at(-1)
  const shown = open.slice(0, MOST_LINES)
  const more = open.length - shown.length
  const all = word({ command: 'status', options: { all: true } })
  return [
    last
      ? `${count(applied.length, 'migration')} applied, the last: ${last.name}`
      : 'Nothing is applied.',
    ...shown.map(renderLine),
    ...(more > 0 ? [`and ${more} more: ${all}`] : []),
  ]
}

function renderLine({ name, state, executedAt }: MigrationStatus): string {
  return `${state.padEnd(9)} ${name}${executedAt ? `  ${executedAt}` : ''}`
}
