import { openDatabase, type Database } from './database.ts'
import { DomainError } from './errors.ts'

/** Searches that run at once. */
const AT_ONCE = 4
/** How long a statement of one may run. It must be short: the next ones wait for it. */
const LONGEST_MS = 5000
/** Searches that wait for their turn. */
const WAITING = 60

/** Runs a read whose cost the caller decides: in its turn, and not for long. */
export type Search = <T>(work: (database: Database) => Promise<T>) => Promise<T>

/**
 * Gives searches their turns, on connections of their own to the same database: thirty at once would hold every other one, and
 * nothing else would be answered. Their limit is one of the connection, which saves a search a transaction to set it in.
 */
export function limitSearches(database: Database, statementTimeout = LONGEST_MS) {
  const own = openDatabase(database.config.get('clientUrl') ?? '', {
    connections: AT_ONCE,
    statementTimeout,
  })
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
  const search: Search = async (work) => {
    await takeTurn()
    try {
      return await work(own)
    } catch (error) {
      throw isCancelled(error) ? new DomainError('search_too_slow') : error
    } finally {
      giveTurn()
    }
  }
  return { search, close: () => own.close() }
}

/** query_canceled: here by the statement's own timeout. */
function isCancelled(error: unknown): boolean {
  return (error as { code?: string }).code === '57014'
}
