import type { Readiness } from './readiness.ts'
import type { Queue } from './queue.ts'
import type { Database } from './database.ts'
import type { RateLimits } from './http/limit-rates.ts'
import type { Search } from './searches.ts'
import type { Threads } from './threads/pool.ts'
import { type FastifyBaseLogger } from 'fastify'

/** What the app is built from. */
export type Dependencies = {
  readonly database: Database
  readonly queue: Pick<Queue, 'enqueue'>
  readonly readiness: () => Readiness
  /** Looks at the database at once. */
  readonly lookAgain: () => Promise<Readiness>
  readonly apiKeys: readonly string[]
  /** No limits where there are none. */
  readonly rateLimits?: RateLimits
  readonly jobMaxAttempts: number
  readonly log: FastifyBaseLogger
}

/** What the routes work with. */
export type RouteDependencies = Dependencies & {
  readonly search: Search
  /** Apart from those of the jobs, which may all be busy. */
  readonly threads: Threads
}
