import process from 'node:process'

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Does `work`, and `close` however it ends. Where a signal ends it, what was lent for it is removed, and a line says why; a
 * second signal waits for nothing.
 */
export async function untilSignal<T>(close: () => void, work: () => Promise<T>): Promise<T> {
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, endBySignal)
    close()
  }
  const endBySignal = (signal: NodeJS.Signals) => {
    release()
    process.stderr.write(
      `Stopped by ${signal}. What was committed is in the journal, the rest is rolled back: run it again to go on.\n`,
    )
    // What is under way fails now, since what it works on is removed: that is no news.
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => {})
    // Nobody listens to it any more: it does now what it would have done.
    void cleanUp().finally(() => process.kill(process.pid, signal))
  }
  for (const signal of SIGNALS) process.on(signal, endBySignal)
  try {
    return await work()
  } finally {
    release()
  }
}

/** Most runs lend nothing and end by themselves: they need not load what removes it. */
async function cleanUp(): Promise<void> {
  const { cleanUpAll } = await import('../scratch/cleanup.ts')
  await cleanUpAll()
}
