import { fromKysely, PgBoss, type Job } from 'pg-boss'
import { applicationName, type Session } from './database.ts'
import type { Dependent } from './readiness.ts'

/** The queues that the migrations of @techfacts/db make. */
export const EXTRACT = 'extract'
export const EXTRACT_DEAD = 'extract-dead'

/** What is delivered: the row in `jobs` says everything else. */
export type Delivery = { readonly job_id: string }
export type Handler = (delivery: Job<Delivery>) => Promise<void>

export type Queue = Dependent & {
  /** Enqueues a job in the transaction that made its row; it is tried `maxAttempts` times. */
  enqueue(session: Session, jobId: string, maxAttempts: number): Promise<void>
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
  const { log } = options
  let boss: PgBoss | undefined
  return {
    async start() {
      boss = openBoss(options.url, log)
      await boss.start()
      if (options.concurrency === 0) return
      for (const [name, handler] of Object.entries(options.handlers)) {
        const work = { ...POLLING, localConcurrency: options.concurrency }
        await boss.work<Delivery>(name, work, async (jobs) => {
          for (const job of jobs) await handler(job)
        })
      }
    },
    async stop() {
      // What is not done in this time returns to the queue, and goes on where it was left.
      const stopping = boss?.stop({ graceful: true, timeout: 8000 })
      boss = undefined
      await stopping?.catch((error: unknown) => log.error({ err: error }, 'queue'))
    },
    async enqueue(session, jobId, maxAttempts) {
      if (!boss) throw new Error('The queue is used before it is started.')
      const delivery: Delivery = { job_id: jobId }
      await boss.send(EXTRACT, delivery, {
        id: jobId,
        retryLimit: maxAttempts - 1,
        db: fromKysely(session),
      })
    },
  }
}

/** New jobs are notified of; those that are to be tried again are found by polling. */
const POLLING = { pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 2 }

/** How soon the death of a worker is noticed once its heartbeat is overdue. */
const SUPERVISE_SECONDS = 5

function openBoss(url: string, log: Log): PgBoss {
  const boss = new PgBoss({
    connectionString: url,
    application_name: applicationName,
    max: 5,
    connectionTimeoutMillis: 5000,
    migrate: false,
    createSchema: false,
    schedule: false,
    reindex: false,
    useListenNotify: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  })
  boss.on('error', (error) => log.error({ err: error }, 'queue'))
  boss.on('warning', ({ message, data }) => log.warn({ data }, message))
  return boss
}

type Log = {
  error(about: object, message: string): void
  warn(about: object, message: string): void
}
