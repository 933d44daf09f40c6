import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { session, type Database, type Session } from './database.ts'
import { DomainError } from './errors.ts'

/** Searches that run at once: fewer than the pool has connections, so that a burst of them leaves some for all else. */
const AT_ONCE = 4
/** Searches that wait for their turn. */
const WAITING = 60
/** How long one may run. It must be short: the next ones wait for it. */
const LONGEST_MS = 5000

/** Runs a read whose cost the caller decides: in its turn, and not for long. */
export type Search = <T>(work: (session: Session, em: EntityManager) => Promise<T>) => Promise<T>

/** Gives searches their turns. Without it, thirty at once would hold every connection, and nothing else would be answered. */
export function limitSearches(database: Database, longest = LONGEST_MS): Search {
  const waiting: (() => void)[] = []
  let running = 0
  const takeTurn = async () => {
    if (running < AT_ONCE) running += 1
    else if (waiting.length >= WAITING) throw new DomainError('search_busy')
    else await new Promise<void>((resolve) => waiting.push(resolve)) // the turn is handed over
  }
  const giveTurn = () => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
  return async (work) => {
    await takeTurn()
    try {
      return await inLimitedTransaction(database, longest, work)
    } catch (error) {
      throw isCancelled(error) ? new DomainError('search_too_slow') : error
    } finally {
      giveTurn()
    }
  }
}

/** The limit ends with the transaction, and is sent with its beginning, which saves a round trip. */
function inLimitedTransaction<T>(
  database: Database,
  longest: number,
  work: (session: Session, em: EntityManager) => Promise<T>,
): Promise<T> {
  return session(database)
    .connection()
    .execute(async (own) => {
      const em = database.em.fork()
      em.setTransactionContext(own)
      const begin = `begin read only; set local statement_timeout to ${longest}`
      try {
        await sql.raw(begin).execute(own)
        const found = await work(own, em)
        await sql`commit`.execute(own)
        return found
      } catch (error) {
        await sql`rollback`.execute(own).catch(() => {}) // where the connection is lost, so is its transaction
        throw error
      }
    })
}

/** query_canceled: here by the statement's own timeout. */
function isCancelled(error: unknown): boolean {
  return (error as { code?: string }).code === '57014'
}
