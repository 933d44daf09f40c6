import { availableParallelism } from 'node:os'
import { pino, type Logger } from 'pino'
import { buildApp } from './app.ts'
import { revision } from '@techfacts/db'
import { openDatabase, redactUrl } from './database.ts'
import { ConfigurationError, type Settings } from './env.ts'
import { createAgent, INTERNET } from './fetching/connect.ts'
import { chooseReader } from './extraction/choose-reader.ts'
import { withHeartbeat } from './heartbeat.ts'
import { closeServer } from './http/close-server.ts'
import { jobWorks } from './jobs/job-works.ts'
import { createQueue } from './queue.ts'
import { watchReadiness } from './readiness.ts'
import { serializeError } from './safe-errors.ts'
import { TASK_BUDGET } from './threads/overrun.ts'
import { createThreads } from './threads/pool.ts'
import { createWorker, workOnJobs } from './worker.ts'

/** A running service: HTTP at once, jobs as soon as the database is right. */
export type Service = {
  readonly log: Logger
  /** Ends what is under way, or gives it back, and closes every connection. */
  stop(): Promise<void>
}

/** Starts the service. @throws {@link ConfigurationError} when its port cannot be had */
export async function startService(settings: Settings): Promise<Service> {
  const { databaseUrl: url, chunkLimits, confidenceThreshold, workerConcurrency } = settings
  const log = pino({ level: settings.logLevel, serializers: { err: serializeError } })
  log.info({ database: redactUrl(url), revision }, 'starting')
  const database = openDatabase(url)
  const threads = createThreads({ count: availableParallelism(), budget: TASK_BUDGET })
  const reader = await chooseReader(settings, threads)
  const extraction = { database, threads, reader, chunkLimits, confidenceThreshold }
  const dispatcher = createAgent(INTERNET)
  const worker = createWorker({
    database,
    extraction,
    works: jobWorks({ ...extraction, dispatcher, fetchLimits: settings.fetchLimits }),
    enqueue: (session, job) => queue.enqueue(session, job),
    log,
  })
  const { handlers } = worker
  const queue = createQueue({ url, concurrency: workerConcurrency, handlers, log })
  const jobs = workOnJobs(queue, worker)
  const readiness = watchReadiness(database, withHeartbeat(database, jobs, log), log)
  const stopWork = async () => {
    await readiness.stop()
    worker.attempts.close()
    await Promise.all([threads.close(), dispatcher.destroy()])
    await database.close()
  }
  try {
    const { current, lookAgain } = readiness
    const app = await buildApp({ ...settings, database, queue, readiness: current, lookAgain, log })
    await listen(app, settings.port)
    const stop = async () => {
      // At the same time: neither a slow client nor a slow job takes the other's share of the time.
      await Promise.all([closeServer(app), jobs.giveBack()])
      await stopWork()
    }
    return { log, stop }
  } catch (error) {
    await stopWork()
    throw error
  }
}

async function listen(app: Awaited<ReturnType<typeof buildApp>>, port: number): Promise<void> {
  try {
    await app.listen({ port, host: '0.0.0.0' })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError([
      `PORT cannot be ${port} (${reason}): set another, or end what listens there`,
    ])
  }
}
