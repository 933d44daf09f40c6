import type { Query } from './query.ts'
import type { CodeSession } from '../migration.ts'
import { cursorOf, type Cursor, type Readable } from './cursor.ts'

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
    return cursorOf(cursor, one, async (text, rest) => {
      const result = await query(client, { text, ...rest })
      return (result as { rows: unknown[] }).rows
    })
  }
}

/** True of what ends a transaction, in the words of Kysely. */
export function isEnd(text: string): boolean {
  return /^(commit|rollback)$/i.test(text)
}

const OVERLAP =
  'two transactions of its code overlap on the one connection that a migration has; run them one after the other'

/** A transaction that a client has begun; without a savepoint it is one of PostgreSQL's own. */
interface OpenTransaction {
  readonly client: object
  readonly savepoint?: string
}

/**
 * Turns `begin`, `commit` and `rollback` of each client into those of savepoints inside what is open. On one
 * connection a transaction cannot end before one that began later, whose work it would take with it: then
 * there is no text.
 */
function nestTransactions(isInside: boolean) {
  const open: OpenTransaction[] = []
  let count = 0
  const begin = (client: object, text: string) => {
    if (!isInside && open.length === 0) {
      open.push({ client })
      return text
    }
    count += 1
    const savepoint = `migrator_${count}`
    open.push({ client, savepoint })
    return `savepoint ${savepoint}`
  }
  const nest = (client: object, text: string): string | undefined => {
    if (/^(begin|start transaction)\b/i.test(text)) return begin(client, text)
    if (!isEnd(text)) return text
    // What the code itself has begun as text may come from another client of the pool.
    const [own] = open
    if (open.length === 1 && own && own.savepoint === undefined) {
      open.pop()
      return text
    }
    if (!open.some((one) => one.client === client)) return text
    if (open.at(-1)?.client !== client) return undefined
    const savepoint = open.pop()?.savepoint
    if (savepoint === undefined) return text
    const release = `release savepoint ${savepoint}`
    return /^commit$/i.test(text) ? release : `rollback to savepoint ${savepoint}; ${release}`
  }
  /** True where one of PostgreSQL's own is open. */
  const isOpen = () => open.some(({ savepoint }) => savepoint === undefined)
  return { nest, isOpen }
}
