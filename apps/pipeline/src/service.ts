import { pino, type Logger } from 'pino'
import { buildApp } from './app.ts'
import { revision } from '@techfacts/db'
import { openDatabase, redactUrl } from './database.ts'
import type { Settings } from './env.ts'
import { rulesExtractor } from './extraction/rules/rules-extractor.ts'
import { withHeartbeat } from './heartbeat.ts'
import { createQueue } from './queue.ts'
import { watchReadiness } from './readiness.ts'
import { jobHandlers } from './worker.ts'

/** A running service: HTTP at once, jobs as soon as the database is right. */
export type Service = {
  readonly log: Logger
  /** Ends what is under way, or gives it back, and closes every connection. */
  stop(): Promise<void>
}

/** Starts the service. @throws when its port cannot be had */
export async function startService(settings: Settings): Promise<Service> {
  const { databaseUrl: url, chunkLimits, confidenceThreshold, workerConcurrency } = settings
  const log = pino({ level: settings.logLevel })
  log.info({ database: redactUrl(url), revision }, 'starting')
  const database = openDatabase(url)
  const extraction = { database, extractor: rulesExtractor, chunkLimits, confidenceThreshold }
  const handlers = jobHandlers(extraction, log)
  const queue = createQueue({ url, concurrency: workerConcurrency, handlers, log })
  const readiness = watchReadiness(database, withHeartbeat(database, queue, log), log)
  const stopWork = async () => {
    await readiness.stop()
    await database.close()
  }
  try {
    const { current, lookAgain } = readiness
    const app = await buildApp({ ...settings, database, queue, readiness: current, lookAgain, log })
    await app.listen({ port: settings.port, host: '0.0.0.0' })
    const stop = async () => {
      await app.close()
      await stopWork()
    }
    return { log, stop }
  } catch (error) {
    await stopWork()
    throw error
  }
}
