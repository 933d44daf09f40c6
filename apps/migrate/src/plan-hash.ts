import type { Call } from './command.ts'

/** What the commands that run a plan take, so that they run the one that was reviewed and no other. */
export const PLAN_HASH_OPTION = { 'plan-hash': { type: 'string' } } as const

/** The part of a run's request that the option is about. */
export function planHashOf(flags: Call['flags']): { planHash?: string } {
  const hash = flags['plan-hash']
  return typeof hash === 'string' ? { planHash: hash } : {}
}
