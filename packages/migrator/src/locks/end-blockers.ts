import { messageFrom } from '../errors/message-from.ts'
import type { Blocker } from './blockers.ts'
import { isConnectionLost } from '../session/connect.ts'
import { inTransaction } from '../session/transaction.ts'
import { describeBlocker } from './describe-blocker.ts'
import type { LockRequest, LockWaitContext } from './lock-wait.ts'
import { appendEntry } from '../journal/journal.ts'

/**
 * Ends blockers that have been idle in transaction for longer than the caller allows; journals and reports each. True
 * where it ended one. Without `cancelIdleAfter` it ends none, and it tries each once.
 */
export async function endIdleBlockers(
  blockers: readonly Blocker[],
  request: LockRequest,
  context: LockWaitContext,
  asked: Set<string>,
): Promise<boolean> {
  const { cancelIdleAfter } = context.session.limits
  if (cancelIdleAfter === undefined) return false
  let hasEnded = false
  for (const blocker of blockers) {
    if (blocker.kind !== 'session' || !blocker.state?.startsWith('idle in transaction')) continue
    if ((blocker.stateAge ?? 0) * 1000 < cancelIdleAfter || asked.has(blocker.key)) continue
    const outcome = await end(blocker, cancelIdleAfter, request, context)
    if (outcome === 'refused') asked.add(blocker.key)
    hasEnded ||= outcome === 'ended'
  }
  return hasEnded
}

/** Only if it is idle still: what has gone on since then is at work. */
const TERMINATE = `
  select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity
   where pid = $1 and state like 'idle in transaction%'
     and state_change < clock_timestamp() - make_interval(secs => $2::float / 1000)`

async function end(
  blocker: Blocker,
  cancelIdleAfter: number,
  { migration, index }: LockRequest,
  { session: { client }, actor, onEvent }: LockWaitContext,
): Promise<'ended' | 'active' | 'refused'> {
  const told = { type: 'blocker-ended', migration, segment: index } as const
  const line = describeBlocker(blocker)
  try {
    const { rows } = await inTransaction(client, () =>
      client.query<{ ended: boolean }>(TERMINATE, [blocker.pid, cancelIdleAfter]),
    )
    if (!rows[0]?.ended) return 'active'
  } catch (error) {
    if (isConnectionLost(error)) throw error
    const problem = messageFrom(error)
    onEvent({ ...told, blocker: line, problem })
    return 'refused'
  }
  const { pid, user, application, stateAge: idleSeconds, query } = blocker
  // Not under the migration's name: its own entries alone tell how far it is.
  await appendEntry(client, actor, {
    event: 'blocker-ended',
    note: line,
    facts: { migration, segment: index, pid, user, application, idleSeconds, query },
  })
  onEvent({ ...told, blocker: line })
  return 'ended'
}
