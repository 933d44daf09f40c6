import type { Query } from './query.ts'
import type { CodeSession } from '../migration.ts'
import { isEnd, nestTransactions } from '../session/savepoints.ts'
import { openCursor, type Cursor, type Readable } from './cursor.ts'

/** The session that all clients of an ORM share while code runs. */
export interface Binding {
  query(client: object, query: Query): Promise<unknown>
  /** Reads a query's rows in parts. */
  cursor(client: object, query: Query): Readable
  /** What PostgreSQL refused last. An ORM throws it again as an error of its own. */
  refusal(): unknown
  /** Refuses what still waits and lets the query at work end; throws where the code did not wait for it. */
  end(): Promise<void>
}

/** What COMMIT and ROLLBACK return. */
const NOTHING = { rows: [], rowCount: 0 }

const ENDED =
  'its code did not wait for a query of its own, and ended before it; await each of them'

const LEFT_OPEN = 'its code left a transaction open, which was rolled back; commit it there'

/**
 * One query at a time: code may ask for several at once, and the session has one connection. Transactions
 * of the ORM become savepoints where one is open already.
 */
export function bindingTo(session: CodeSession, isTransactional: boolean): Binding {
  const transactions = nestTransactions(isTransactional)
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let problem: Error | undefined
  let refusal: unknown
  const fail = (reason: string) => (problem ??= new Error(reason))
  const run = async (client: object, { text, ...rest }: Query) => {
    const nested = problem ? undefined : transactions.nest(client, text)
    if (nested !== undefined) {
      const config = { ...rest, text: nested } as unknown as string
      return session.query(config).catch((error: unknown) => {
        refusal = error
        throw error
      })
    }
    const { message } = fail(OVERLAP)
    // A client whose transaction could not end would never come back to its pool.
    if (isEnd(text)) return NOTHING
    throw new Error(message)
  }
  const query: Binding['query'] = (client, one) => {
    waiting += 1
    const result = last.then(() => run(client, one)).finally(() => (waiting -= 1))
    last = result.catch(() => {})
    return result
  }
  return {
    query,
    refusal: () => refusal,
    cursor: cursorsOn(query, !isTransactional),
    end: async () => {
      const [left, failed] = [waiting, problem]
      fail(ENDED)
      await last
      const isOpen = transactions.isOpen()
      if (isOpen) await session.query('rollback')
      if (failed ?? (left > 0 || isOpen)) throw failed ?? new Error(left > 0 ? ENDED : LEFT_OPEN)
    },
  }
}

function cursorsOn(query: Binding['query'], isHeld: boolean): Binding['cursor'] {
  let count = 0
  return (client, one) => {
    count += 1
    const cursor: Cursor = { name: `migrator_cursor_${count}`, isHeld }
    return openCursor(cursor, one, async (text, rest) => {
      const result = await query(client, { text, ...rest })
      return (result as { rows: unknown[] }).rows
    })
  }
}

const OVERLAP =
  'two transactions of its code overlap on the one connection that a migration has; run them one after the other'
