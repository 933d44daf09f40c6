import { messageFrom } from '../errors/message-from.ts'
import { isConnectionLost, lost } from './connect.ts'
import type { DatabaseTarget } from './database-target.ts'
import type { Look } from './look.ts'
import { holdSession, type Session } from './session.ts'

/** How often the connection may break before a run gives up. */
const MAX_SESSIONS = 5

/** Milliseconds in which a server that was there comes back from a restart or a failover. */
const SERVER_RETURNS_MS = 60_000

/** Milliseconds in which the backend of a lost session notices that it is alone, and lets go of the lock. */
const ORPHAN_ENDS_MS = 5000

/**
 * Lends `work` a session that holds the migration lock, and another one where it is lost: `work` reads ledger and
 * journal again, and goes on from there. `look` is asked together with each lock.
 * Throws SESSION_LOST, and what `holdSession` throws.
 */
export async function withSessions<T>(
  database: DatabaseTarget,
  work: (session: Session) => Promise<T>,
  look?: Look,
): Promise<T> {
  for (let times = 1; ; times += 1) {
    try {
      return await holdSession(times === 1 ? database : morePatient(database), work, look)
    } catch (error) {
      if (!isConnectionLost(error)) throw error
      const reason = messageFrom(error)
      if (times === MAX_SESSIONS) throw lost(error, times)
      database.onEvent({ type: 'connection-lost', reason })
    }
  }
}

function morePatient(database: DatabaseTarget): DatabaseTarget {
  const { wait, limits } = database
  return {
    ...database,
    wait: Math.max(wait, SERVER_RETURNS_MS),
    limits: { ...limits, lockWait: Math.max(limits.lockWait, ORPHAN_ENDS_MS) },
  }
}
