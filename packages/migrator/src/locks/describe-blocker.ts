import { escapeLiteral } from 'pg'
import { maskSecrets } from '../errors/mask-secrets.ts'
import type { Blocker } from './blockers.ts'

/** A blocker in one line: who, since when, doing what, and how it ends if not by itself. */
export function describeBlocker(blocker: Blocker): string {
  const { kind, pid, user, application, query } = blocker
  const since = describeAge(blocker.transactionAge)
  if (kind === 'prepared') {
    const gid = escapeLiteral(query ?? '')
    return `prepared transaction ${gid} of ${user}${since && `, prepared ${since} ago`}; it stays until COMMIT PREPARED ${gid} or ROLLBACK PREPARED ${gid}`
  }
  if (kind === 'wraparound') {
    return `pid ${pid}, ${query ?? 'autovacuum'}${since && `, for ${since}`}; it makes way for nobody`
  }
  if (kind === 'autovacuum')
    return `pid ${pid}, ${query ?? 'autovacuum'}${since && `, for ${since}`}`
  const who = [`pid ${pid}`, application, user].filter(Boolean).join(', ')
  const state = describeState(blocker)
  return `${who}${state && `, ${state}`}${since && `, transaction open for ${since}`}${query ? `: ${maskSecrets(query)}` : ''}`
}

function describeState({ state, stateAge }: Blocker): string {
  const age = describeAge(stateAge)
  return state ? `${state}${age && ` for ${age}`}` : ''
}

function describeAge(seconds: number | null): string {
  if (seconds === null) return ''
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`
}
