import type { Scope } from './lock-targets.ts'
import type { Segment } from '../plan/segments.ts'
import type { Blocker } from './blockers.ts'
import type { Writer } from '../journal/journal.ts'
import type { Session } from '../session/session.ts'
import { describeBlocker } from './describe-blocker.ts'
import type { Listener } from '../events.ts'

/** Who waits for which locks: a segment, the seeders, or the removal of what an interrupted segment left. */
export type LockRequest = Pick<Segment, 'migration' | 'index' | 'mode' | 'settings'> & {
  readonly statements: Scope['statements']
}

/** For work whose locks are unknown until it takes them, such as code: only its tries show who blocks it. */
export function lockRequest(
  migration: string,
  index: number,
  mode: LockRequest['mode'] = 'transaction',
): LockRequest {
  return { migration, index, mode, statements: [], settings: [] }
}

export interface LockWaitContext {
  readonly session: Session
  readonly actor: Writer
  readonly onEvent: Listener
  /** Called before it waits for others, which may take long. */
  readonly beforeWaiting?: () => Promise<void>
}

/** The state of one segment's wait for its locks. Times as of performance.now(). */
export interface LockWait {
  readonly started: number
  tries: number
  lastTry: number
  isTrying: boolean
  /** The blockers that were seen last. */
  blockers: readonly Blocker[]
  /** When each transaction was first seen: a role without pg_read_all_stats is not told its age. */
  readonly firstSeen: Map<string, number>
  /** Autovacuums that were given the time to make way. */
  readonly asked: Set<string>
  readonly told: { at: number; keys: string }
}

export function beginLockWait(): LockWait {
  const started = performance.now()
  return {
    started,
    tries: 0,
    lastTry: started,
    isTrying: false,
    blockers: [],
    firstSeen: new Map(),
    asked: new Set(),
    told: { at: -Infinity, keys: '' },
  }
}

/** How often the same blocker is reported again. */
const TELL_EVERY_MS = 5000

/** Remembers the blockers and reports them: at once, then now and again. */
export function reportBlockers(
  wait: LockWait,
  { migration, index }: Pick<LockRequest, 'migration' | 'index'>,
  blockers: readonly Blocker[],
  onEvent: Listener,
): void {
  wait.blockers = blockers
  const now = performance.now()
  const keys = blockers
    .map(({ key }) => key)
    .toSorted()
    .join()
  if (keys === wait.told.keys && now - wait.told.at < TELL_EVERY_MS) return
  Object.assign(wait.told, { at: now, keys })
  onEvent({
    type: 'segment-waiting',
    migration,
    segment: index,
    blockers: blockers.map(describeBlocker),
    waited: Math.round(now - wait.started),
  })
}
