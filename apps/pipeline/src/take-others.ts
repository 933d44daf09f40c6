import { fromKysely, type Job, type PgBoss } from 'pg-boss'
import type { Session } from './database.ts'
import type { Delivery } from './delivery.ts'

/** The group of deliveries that are never taken beside another one. */
export const ALONE = 'alone'

/** Deliveries that a worker takes beside the one that it was given. */
export type Others = {
  readonly deliveries: readonly Job<Delivery>[]
  /** Ends some of them in a transaction of the caller's, which enqueues their jobs again. */
  end(session: Session, some: readonly Job<Delivery>[]): Promise<void>
}

/** What could not be done, by the delivery's id, and why: it is tried again. All else is done. */
export type Failures = ReadonlyMap<string, unknown>

/** Takes up to `most` deliveries more, where so many wait, and has them worked on. */
export type WorkOnOthers = (
  most: number,
  work: (others: Others) => Promise<Failures>,
) => Promise<void>

/**
 * How a handler of pg-boss takes more than its own delivery. pg-boss keeps and ends the handler's own one only, so the
 * others are kept and ended here; where the process dies, they return by their heartbeat as that one does.
 */
export function takeOthers(boss: PgBoss, name: string): WorkOnOthers {
  return async (most, work) => {
    const asked = { batchSize: most, ignoreGroups: [ALONE] }
    const taken = await boss.fetch<Delivery>(name, asked)
    // Whether another worker has one by now, its attempt knows.
    const deliveries = taken.map((job) => ({ ...job, signal: new AbortController().signal }))
    const stopKeeping = keep(boss, name, deliveries)
    const end = async (session: Session, some: readonly Job<Delivery>[]) => {
      if (some.length > 0) await boss.complete(name, [...some], null, { db: fromKysely(session) })
    }
    try {
      await endAll(boss, name, deliveries, await work({ deliveries, end }))
    } catch (error) {
      await endAll(boss, name, deliveries, new Map(deliveries.map(({ id }) => [id, error])))
      throw error
    } finally {
      stopKeeping()
    }
  }
}

/** How often the queue is told that deliveries are worked on: well within their heartbeat of 10 seconds. */
const KEEP_MILLISECONDS = 4000

function keep(boss: PgBoss, name: string, deliveries: Job<Delivery>[]): () => void {
  if (deliveries.length === 0) return () => {}
  const touch = () => boss.touch(name, deliveries).catch((error) => boss.emit('error', error))
  const keeping = setInterval(() => void touch(), KEEP_MILLISECONDS)
  return () => clearInterval(keeping)
}

async function endAll(
  boss: PgBoss,
  name: string,
  deliveries: readonly Job<Delivery>[],
  failures: Failures,
): Promise<void> {
  const done = deliveries.filter(({ id }) => !failures.has(id))
  if (done.length > 0) await boss.complete(name, done)
  for (const job of deliveries)
    if (failures.has(job.id)) await boss.fail(name, job, failures.get(job.id) as object)
}
