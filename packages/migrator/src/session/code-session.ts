import { messageFrom } from '../errors/message-from.ts'
import { types as hostTypes, type default as pg } from 'pg'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { failure, MigratorError } from '../errors/index.ts'
import type { CodeSession } from '../migration.ts'
import { refuseNul } from '../sql/nul.ts'
import { parseSql } from '../sql/parse.ts'
import type { Querying } from './author.ts'
import { isConnectionLost, isRetried, sqlState } from './connect.ts'
import { keepProcessAlive } from './keep-alive.ts'

export interface Borrower {
  /** Whose code it is, for people. */
  readonly name: string
  /** False: it runs outside of a transaction, and may have its own. */
  readonly isTransactional: boolean
  /** After a query, before the next one; what it throws ends the code. */
  readonly afterQuery?: (sql: string) => Promise<void>
}

/**
 * Lends `work` a session for code, until it ends. An ORM wraps what PostgreSQL says into errors of its own: where a
 * query found a lock taken, the connection lost or the transaction broken, that error is thrown, and not what
 * became of it.
 * Throws CODE_TRANSACTION, CODE_NOT_AWAITED, CODE_NEVER_ENDS, TRANSACTION_LEFT_OPEN.
 */
export async function lendToCode<T>(
  client: Pick<pg.ClientBase, 'query'>,
  borrower: Borrower,
  work: (session: CodeSession) => Promise<T>,
): Promise<T> {
  const loan = new Loan(client, borrower)
  try {
    const result = await orNeverEnds(borrower.name, work(loan))
    await loan.end()
    return result
  } catch (error) {
    const { refusal, fault } = loan
    if (fault) throw fault
    throw isRetried(refusal) || isConnectionLost(refusal) ? refusal : error
  } finally {
    loan.close()
  }
}

/** Code reads as the rest of its project does. An ORM has types of its own. */
function asHostReads(sql: string | Partial<pg.QueryConfig>, values?: readonly unknown[]) {
  const query =
    typeof sql === 'string' ? { text: sql, ...(values && { values: [...values] }) } : sql
  return { ...query, types: query.types ?? hostTypes } as pg.QueryConfig
}

/** The session while it is lent. While no query of it is at work it does not keep the process alive. */
class Loan implements CodeSession {
  /** What the last query, or the one that broke the transaction, was refused with. */
  refusal: unknown
  readonly #client: Partial<pg.Client> & Pick<pg.ClientBase, 'query'>
  readonly #borrower: Borrower
  readonly #pending = new Set<Promise<unknown>>()
  /** No success, whether or not the code looks at it. */
  fault: Error | undefined
  #isClosed = false
  /** Until a look between two queries is over. */
  #between: Promise<void> = Promise.resolve()

  constructor(client: Pick<pg.ClientBase, 'query'>, borrower: Borrower) {
    this.#client = client
    this.#borrower = borrower
    keepProcessAlive(this.#client, false)
  }

  // Bound, since an ORM passes it on.
  readonly query: CodeSession['query'] = async (sql, values) => {
    const { name } = this.#borrower
    if (this.#isClosed) throw failure('CODE_NOT_AWAITED', { name })
    keepProcessAlive(this.#client, true)
    const answer = this.#send(sql, values)
    this.#pending.add(answer)
    try {
      return await answer
    } finally {
      this.#pending.delete(answer)
      if (this.#pending.size === 0 && !this.#isClosed) keepProcessAlive(this.#client, false)
    }
  }

  async #send(sql: string, values: readonly unknown[] | undefined) {
    if (this.#borrower.isTransactional) await this.#refuseTransactions(sql)
    await this.#between
    const result = await this.#ask(sql, values)
    this.#between = this.#between.then(() => this.#lookAfter(toText(sql)))
    await this.#between
    return result
  }

  /** A code that catches what is thrown here goes no further. */
  async #lookAfter(sql: string): Promise<void> {
    try {
      await this.#borrower.afterQuery?.(sql)
    } catch (error) {
      if (error instanceof MigratorError) this.fault = error
      throw error
    }
  }

  async #ask(sql: string | { readonly text: string }, values: readonly unknown[] | undefined) {
    try {
      refuseNul(toText(sql), 'A query of its code')
      const result = await this.#client.query(asHostReads(sql, values))
      this.refusal = undefined
      return result
    } catch (error) {
      // What follows the error that broke a transaction says nothing.
      if (!isAborted(error) || this.refusal === undefined) this.refusal = error
      throw isAborted(error) ? abortedBy(this.refusal) : error
    }
  }

  /** Before it is sent: what is committed cannot be reverted. */
  async #refuseTransactions(sql: string | { readonly text: string }): Promise<void> {
    const text = toText(sql)
    if (!/\b(?:begin|start|commit|end|abort|rollback|prepare)\b/i.test(text)) return
    // PostgreSQL says itself what is no SQL.
    const statements = await parseSql(text).catch(() => [])
    const ends = statements.find(
      ({ node }) =>
        'TransactionStmt' in node &&
        !/SAVEPOINT|ROLLBACK_TO$|RELEASE/.test(node.TransactionStmt.kind ?? ''),
    )
    if (!ends) return
    this.fault = failure('CODE_TRANSACTION', { name: this.#borrower.name, statement: ends.sql })
    throw this.fault
  }

  /** Throws where the code is not over, or not as it must be, although it says so. */
  async end(): Promise<void> {
    const { name, isTransactional } = this.#borrower
    keepProcessAlive(this.#client, true)
    // What was begun and not waited for shows by then.
    await nextTurn()
    await nextTurn()
    if (this.#pending.size > 0) {
      await Promise.allSettled(this.#pending)
      throw failure('CODE_NOT_AWAITED', { name })
    }
    if (this.fault) throw this.fault
    if (isTransactional) {
      if (await this.#isBroken()) throw abortedBy(this.refusal)
      return
    }
    if (this.#client.getTransactionStatus?.() === 'I') return
    await this.#client.query('rollback')
    throw failure('TRANSACTION_LEFT_OPEN', { name })
  }

  /** By a query: an error reaches us before the server says how the transaction stands. */
  async #isBroken(): Promise<boolean> {
    if (this.refusal === undefined) return false
    if (isRetried(this.refusal) || isConnectionLost(this.refusal)) throw this.refusal
    return this.#client.query('select').then(
      () => false,
      (error: unknown) => {
        if (isAborted(error)) return true
        throw error
      },
    )
  }

  close(): void {
    this.#isClosed = true
    keepProcessAlive(this.#client, true)
  }
}

/** The second form of pg's Client is used by an adapter that has parsers of its own. */
function toText(sql: string | { readonly text: string }): string {
  return typeof sql === 'string' ? sql : sql.text
}

function isAborted(error: unknown): boolean {
  return sqlState(error) === '25P02'
}

function abortedBy(refusal: unknown): Error {
  const reason = messageFrom(refusal)
  return new Error(
    `one of its queries failed (${reason}), and its code went on; a transaction can do nothing after that. To go on after an error, run the query that may fail in a nested transaction (a savepoint)`,
    { cause: refusal },
  )
}

/** Waits for code that has no session of its own: for what a migration does while it is read. Throws CODE_NEVER_ENDS. */
export async function withoutSession<T>(
  client: Querying,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  keepProcessAlive(client, false)
  try {
    return await orNeverEnds(name, work())
  } finally {
    keepProcessAlive(client, true)
  }
}

/** A promise that nothing can settle any more shows when Node has nothing left to wait for. */
async function orNeverEnds<T>(name: string, work: Promise<T>): Promise<T> {
  const { promise: never, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(failure('CODE_NEVER_ENDS', { name }))
  process.once('beforeExit', giveUp)
  try {
    return await Promise.race([work, never])
  } finally {
    process.off('beforeExit', giveUp)
  }
}
