import { ConfigurationError, readSettings } from './env.ts'
import { startService, type Service } from './service.ts'

/** The longest that a stop may take; an orchestrator kills after 10 seconds by default. */
const STOP_MILLISECONDS = 9500

try {
  const service = await startService(readSettings())
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop(service, signal))
  // Whoever started this process with a channel and is gone cannot stop it any more.
  if (process.channel) process.once('disconnect', () => stop(service, 'disconnect'))
} catch (error) {
  const isConfiguration = error instanceof ConfigurationError
  console.error(isConfiguration ? error.message : `The service cannot start: ${String(error)}`)
  process.exit(isConfiguration ? 2 : 1)
}

function stop(service: Service, reason: string): void {
  const { log } = service
  log.info({ reason }, 'stopping')
  setTimeout(() => {
    log.error('not stopped in time')
    process.exit(1)
  }, STOP_MILLISECONDS).unref()
  service.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'not stopped cleanly')
      process.exit(1)
    },
  )
}
