import type { Listener } from '@techfacts/migrator'
import process from 'node:process'
import type { Environment } from './env.ts'
import { logProgress } from './render/log.ts'
import { terminalProgress, type Progress } from './render/terminal.ts'

/** Lends `work` a place to show its events: the terminal that standard error is, or a log. */
export async function withProgress<T>(
  { display }: Environment,
  work: (onEvent: Listener) => Promise<T>,
): Promise<T> {
  const { stderr } = process
  if (!stderr.isTTY || !display.isLive) return work(logProgress((text) => stderr.write(text)))
  return withTerminal(terminalProgress(stderr, display.isColoured), work)
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** However `work` ends, by a signal too, the terminal is afterwards what it was before. */
async function withTerminal<T>(
  progress: Progress,
  work: (onEvent: Listener) => Promise<T>,
): Promise<T> {
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, endBySignal)
    progress.close()
  }
  const endBySignal = (signal: NodeJS.Signals) => {
    release()
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
