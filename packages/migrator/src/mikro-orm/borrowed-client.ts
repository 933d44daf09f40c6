import type { Query } from './query.ts'
import type pg from 'pg'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CodeSession } from '../migration.ts'
import { sqlState } from '../session/connect.ts'
import { isEnd } from '../session/savepoints.ts'
import { bindingTo, type Binding } from './binding.ts'
import type { Readable } from './cursor.ts'

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
  /** True while code runs. */
  readonly isBound: () => boolean
  /** True where a caller asked for a connection while none was bound, since the last call. */
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
      const binding = bindingTo(session, isTransactional)
      lender.binding = binding
      try {
        await untilIdle(binding, work)
      } finally {
        lender.binding = undefined
      }
    },
    isBound: () => lender.binding !== undefined,
    wasMissed: () => {
      const { missed } = lender
      lender.missed = false
      return missed
    },
  }
}

/**
 * Runs `work` and waits for its queries. A promise that it forgot and that fails would end the process; here
 * it fails the work instead.
 */
async function untilIdle(binding: Binding, work: () => Promise<void>): Promise<void> {
  const forgotten: unknown[] = []
  const listener = (reason: unknown) => void forgotten.push(reason)
  process.on('unhandledRejection', listener)
  try {
    await work()
    // What was begun and not waited for comes through the pool by then.
    await nextTurn()
    await nextTurn()
    await binding.end()
  } catch (error) {
    // What is still at work goes with it.
    await binding.end().catch(() => {})
    const refusal = binding.refusal()
    throw sqlState(refusal) !== undefined && sqlState(refusal) === sqlState(error) ? refusal : error
  } finally {
    await nextTurn()
    process.off('unhandledRejection', listener)
  }
  if (forgotten.length > 0) throw forgotten[0]
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
    done(this.#lender.binding ? undefined : this.#missing())
  }

  /** Text, or a pg-cursor. */
  query(
    asked: string | Pick<Query, 'text' | 'values'>,
    values?: unknown[],
  ): Promise<unknown> | Readable {
    const { binding } = this.#lender
    const types = this.#types
    if (typeof asked === 'string') {
      // A transaction that is left open has ended with what it was in.
      if (!binding && isEnd(asked)) return Promise.resolve({ rows: [] })
      return binding?.query(this, { text: asked, values, types }) ?? Promise.reject(this.#missing())
    }
    const { text, values: given } = asked
    const nothing = { read: () => Promise.reject(this.#missing()), close: async () => {} }
    return binding?.cursor(this, { text, values: given, types }) ?? nothing
  }

  #missing(): Error {
    this.#lender.missed = true
    return new Error('No database is at hand here.')
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
