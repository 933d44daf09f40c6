import type { WordStep } from '../../errors/next-step.ts'
import type { BackfillReport } from '../../inspect/backfills.ts'
import type { SharedBackfill } from '../../run/share-backfills.ts'
import { count, duration, size } from './words.ts'

/** A backfill a line, and what its worker measures below. */
export function renderBackfills(backfills: readonly BackfillReport[]): string {
  if (backfills.length === 0) return 'No backfill was begun.\n'
  return `${backfills.flatMap(renderBackfill).join('\n')}\n`
}

function renderBackfill(one: BackfillReport): string[] {
  const { migration, state, pass, seen, changed, estimate, secondsLeft, pressure } = one
  const share = estimate > 0 ? `${Math.min(Math.floor((100 * seen) / estimate), 100)} %, ` : ''
  const left = secondsLeft === null ? '' : `, about ${duration(secondsLeft * 1000)} left`
  const again = pass > 1 ? `, walk ${pass}` : ''
  const line = `${migration}  ${state}: ${state === 'done' ? '' : share}${count(changed)} rows changed${left}${again}`
  return state !== 'running' || !pressure ? [line] : [line, ...renderPressure(pressure)]
}

function renderPressure({
  reasons,
  isStill,
  batchRows,
  ...measured
}: NonNullable<BackfillReport['pressure']>): string[] {
  const { replicaBytes, walPerSecond, lockWaits, activeSessions, isVacuumed } = measured
  const pace = isStill ? 'stands still' : reasons.length > 0 ? 'slower' : 'full speed'
  const why = reasons.length > 0 ? `, since ${reasons.join(', and ')}` : ''
  const unknown = 'unknown'
  return [
    `  pace             ${pace}${why}`,
    `  batch            ${count(batchRows)} rows`,
    `  replica behind   ${replicaBytes === null ? 'none that the role can see' : size(replicaBytes)}`,
    `  WAL a second     ${walPerSecond === null ? unknown : size(walPerSecond)}`,
    `  lock waits       ${count(lockWaits)}`,
    `  active sessions  ${count(activeSessions)}`,
    `  vacuum on table  ${isVacuumed ? 'yes' : 'no'}`,
  ]
}

export function renderShared(shared: readonly SharedBackfill[]): string {
  if (shared.length === 0) return 'No backfill is at work: up begins one.\n'
  const lines = shared.map(({ migration, changed, isRecorded }) => {
    const end = isRecorded ? 'and is recorded' : 'and the run that is at work records it'
    return `${migration}: ${count(changed)} rows were changed. It is done, ${end}.`
  })
  return `${lines.join('\n')}\n`
}

export function renderPaused(names: readonly string[], isPaused: boolean, word: WordStep): string {
  if (names.length === 0) return `No backfill is ${isPaused ? 'running' : 'paused'}.\n`
  if (isPaused)
    return `Paused: ${names.join(', ')}. To go on, run: ${word({ command: 'backfill', args: ['resume'] })}\n`
  return `Resumed: ${names.join(', ')}. To go on, run: ${word({ command: 'up' })}\n`
}
