import type { Listener } from '../events.ts'
import process from 'node:process'
import type { Environment } from './env.ts'
import { logProgress } from './render/log.ts'
import type { Progress } from './render/terminal.ts'

/** Lends `work` a place to show its events: the terminal that standard error is, or a log. */
export async function withProgress<T>(
  { display }: Environment,
  work: (onEvent: Listener) => Promise<T>,
): Promise<T> {
  const { stderr } = process
  const isLive = stderr.isTTY && display.isLive
  const progress = isLive
    ? (await import('./render/terminal.ts')).terminalProgress(stderr, display.isColoured)
    : { onEvent: logProgress((text) => stderr.write(text)), close: () => {} }
  return untilSignal(progress, work)
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** However `work` ends, by a signal too, the terminal is afterwards what it was before, and a line says why. */
async function untilSignal<T>(
  progress: Progress,
  work: (onEvent: Listener) => Promise<T>,
): Promise<T> {
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, endBySignal)
    progress.close()
  }
  const endBySignal = (signal: NodeJS.Signals) => {
    release()
    process.stderr.write(
      `Stopped by ${signal}. What was committed is in the journal, the rest is rolled back: run it again to go on.\n`,
    )
    // Nobody listens to it any more: it does now what it would have done.
    process.kill(process.pid, signal)
  }
  for (const signal of SIGNALS) process.on(signal, endBySignal)
  try {
    return await work(progress.onEvent)
  } finally {
    release()
  }
}
