import { setTimeout as sleep } from 'node:timers/promises'
import { fromKysely, PgBoss, type Job } from 'pg-boss'
import type { PoolConfig } from 'pg'
import type { JsonObject } from '@techfacts/db'
import { applicationName, type Session } from './database.ts'
import type { Delivery } from './delivery.ts'
import { ALONE, takeOthers, type WorkOnOthers } from './take-others.ts'
import type { Dependent } from './readiness.ts'

/**
 * The queues that the migrations of @techfacts/db make. Jobs of every type are delivered by the one
 * that is called after its first type: the row in `jobs` says the type, and another queue would need
 * another migration.
 */
export const EXTRACT = 'extract'
export const EXTRACT_DEAD = 'extract-dead'

export type Handler = (delivery: Job<Delivery>, workOnOthers: WorkOnOthers) => Promise<void>

/** A job as the queue needs to know it. It is delivered until its attempts are used up. */
export type Enqueued = {
  readonly jobId: string
  readonly attemptCount: number
  readonly maxAttempts: number
  readonly startAfter?: Date
  readonly resume?: JsonObject
  /** It is never taken beside another one. */
  readonly isAlone?: boolean
}

export type Enqueue = (session: Session, job: Enqueued) => Promise<void>

export type Queue = Dependent & {
  /** Enqueues a job in the transaction that writes its row. */
  readonly enqueue: Enqueue
  /** Takes no more jobs, and waits for the handlers. Jobs can still be enqueued. */
  drain(): Promise<void>
}

/**
 * pg-boss on a schema that it did not make and may not change. `handlers` work on as many jobs at once
 * as `concurrency` says; with 0 the process only enqueues.
 */
export function createQueue(options: {
  readonly url: string
  readonly concurrency: number
  readonly handlers: Readonly<Record<typeof EXTRACT | typeof EXTRACT_DEAD, Handler>>
  readonly log: Log
}): Queue {
  const { url, concurrency, handlers, log } = options
  const report = (error: unknown) => log.error({ err: error }, 'queue')
  let boss: PgBoss | undefined
  /** A queue whose database is silent is left as it is: what it held returns by its heartbeat. */
  const within = (milliseconds: number, work: Promise<unknown>) =>
    Promise.race([work, sleep(milliseconds, undefined, { ref: false })]).catch(report)
  return {
    async start() {
      boss = openBoss(url, log)
      await boss.start()
      for (let worker = 0; worker < concurrency; worker += 1)
        await startWorker(boss, EXTRACT, handlers[EXTRACT])
      if (concurrency > 0) await startWorker(boss, EXTRACT_DEAD, handlers[EXTRACT_DEAD])
    },
    async drain() {
      if (!boss) return
      const ended = [boss.offWork(EXTRACT), boss.offWork(EXTRACT_DEAD)]
      await within(DRAIN_MILLISECONDS, Promise.all(ended))
    },
    async stop() {
      // What is not done by now returns to the queue, and goes on where it was left.
      const stopping = boss?.stop({ graceful: true, timeout: 1000 })
      boss = undefined
      if (stopping) await within(STOP_MILLISECONDS, stopping)
    },
    async enqueue(session, job) {
      if (!boss) throw new Error('The queue is used before it is started.')
      await send(boss, session, job)
    },
  }
}

async function send(
  boss: PgBoss,
  session: Session,
  { jobId, attemptCount, maxAttempts, startAfter, resume, isAlone }: Enqueued,
): Promise<void> {
  const delivery: Delivery = { job_id: jobId, max_attempts: maxAttempts, ...(resume && { resume }) }
  await boss.send(EXTRACT, delivery, {
    retryLimit: Math.max(0, maxAttempts - attemptCount - 1),
    ...(startAfter && { startAfter }),
    ...(isAlone && { group: { id: ALONE } }),
    db: fromKysely(session),
  })
}

/**
 * One job at a time. pg-boss would wait for its next poll after each job; told that there may be more, it
 * looks at once, so a worker waits only while the queue is empty.
 */
async function startWorker(boss: PgBoss, name: string, handler: Handler): Promise<void> {
  const id: string = await boss.work<Delivery>(name, POLLING, async (jobs) => {
    try {
      for (const job of jobs) await handler(job, takeOthers(boss, name))
    } finally {
      boss.notifyWorker(id)
    }
  })
}

/** New jobs are notified of; those that are to be tried again are found by polling. */
const POLLING = { pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 2 }

/** How long a stop waits for handlers that were told to end. */
const DRAIN_MILLISECONDS = 5000

/** How long pg-boss may take to return what is left, and to close its connections. */
const STOP_MILLISECONDS = 3000

/** How soon the death of a worker is noticed once its heartbeat is overdue. */
const SUPERVISE_SECONDS = 5

function openBoss(url: string, log: Log): PgBoss {
  const boss = new PgBoss({
    connectionString: url,
    application_name: applicationName,
    max: 5,
    connectionTimeoutMillis: 5000,
    ...({ query_timeout: 35_000, keepAlive: true } satisfies PoolConfig),
    migrate: false,
    createSchema: false,
    schedule: false,
    reindex: false,
    useListenNotify: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  })
  boss.on('error', (error) => log.error({ err: toError(error) }, 'queue'))
  boss.on('warning', ({ message, data }) => log.warn({ data }, message))
  return boss
}

/** pg-boss makes a plain object of some errors, of which a log line would say nothing. */
function toError(error: Error): Error {
  return error instanceof Error ? error : Object.assign(new Error(), error)
}

type Log = {
  error(about: object, message: string): void
  warn(about: object, message: string): void
}
