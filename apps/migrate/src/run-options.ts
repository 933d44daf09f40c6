import { failure, type RunRequest } from '@techfacts/migrator'
import type { Call } from './command.ts'

/** For every command that runs a plan: it runs the one that was reviewed, and no other. */
export const PLAN_HASH = { 'plan-hash': { type: 'string' } } as const

/** For those that go up. */
export const ALLOW_DRIFT = { 'allow-drift': { type: 'string' } } as const

/** The parts of a run's request that these options are about. Throws PROJECT_INVALID. */
export function runOptions(flags: Call['flags']): Pick<RunRequest, 'planHash' | 'allowDrift'> {
  const { 'plan-hash': planHash, 'allow-drift': allowDrift } = flags
  if (typeof allowDrift === 'string' && allowDrift.trim() === '') {
    throw failure('PROJECT_INVALID', { reason: '--allow-drift: say why, for the journal.' })
  }
  return {
    ...(typeof planHash === 'string' && { planHash }),
    ...(typeof allowDrift === 'string' && { allowDrift }),
  }
}
