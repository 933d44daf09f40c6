import { setImmediate as nextTurn } from 'node:timers/promises'
import type pg from 'pg'
import type { CodeSession } from '../migration.ts'
import { nestTransactions } from '../session/savepoints.ts'

/**
 * Lets an ORM work on the migrator's own connection: each client of its pool is the session in disguise.
 * So what a seeder or a code migration does is part of the segment's transaction, whatever entity manager
 * it uses, and no pool can run dry.
 */
export interface BorrowedClients {
  /** For the ORM's `driverOptions`: pg's Pool makes its clients of this class. */
  readonly Client: new (options: ClientOptions) => object
  /** Binds the clients to a session while `work` runs. */
  readonly bind: (
    session: CodeSession,
    isTransactional: boolean,
    work: () => Promise<void>,
  ) => Promise<void>
  /** True where somebody asked for a connection while none was bound, since the last call. */
  readonly wasMissed: () => boolean
}

/** What the clients share: the session that they stand for, if there is one. */
interface Lender {
  binding: Binding | undefined
  missed: boolean
}

export function borrowedClients(): BorrowedClients {
  const lender: Lender = { binding: undefined, missed: false }
  return {
    Client: class extends BorrowedClient {
      constructor(options: ClientOptions) {
        super(lender, options)
      }
    },
    bind: async (session, isTransactional, work) => {
      lender.binding = bindingTo(session, isTransactional)
      try {
        await work()
        // What was begun and not waited for comes through the pool by then, and is known to the session.
        await nextTurn()
        await nextTurn()
      } finally {
        lender.binding = undefined
      }
    },
    wasMissed: () => {
      const { missed } = lender
      lender.missed = false
      return missed
    },
  }
}

type ClientOptions = { types?: pg.CustomTypesConfig }

/** As much of pg's Client as its Pool and Kysely use. */
class BorrowedClient {
  readonly #lender: Lender
  readonly #types: pg.CustomTypesConfig | undefined

  constructor(lender: Lender, options: ClientOptions) {
    this.#lender = lender
    this.#types = options.types
  }

  connect(done: (error?: Error) => void): void {
    if (this.#lender.binding) return done()
    this.#lender.missed = true
    done(new Error('No database is at hand here.'))
  }

  async query(text: string, values?: unknown[]): Promise<unknown> {
    if (!this.#lender.binding) throw new Error('No database is at hand here.')
    return this.#lender.binding.query(text, values, this.#types)
  }

  end(done?: () => void): void {
    done?.()
  }

  // The session reports its own errors; the pool only wants to listen.
  on(): this {
    return this
  }

  once(): this {
    return this
  }

  removeListener(): this {
    return this
  }
}

interface Binding {
  query(text: string, values?: unknown[], types?: pg.CustomTypesConfig): Promise<unknown>
}

/** Within the segment's transaction, the ORM's own transactions become savepoints. */
function bindingTo(session: CodeSession, isTransactional: boolean): Binding {
  const nested = isTransactional ? nestTransactions() : (text: string) => text
  return {
    query: (text, values, types) => {
      const config = { text: nested(text), values, types } as unknown as string
      return session.query(config)
    },
  }
}
