import type { Listener } from '../events.ts'
import process from 'node:process'
import type { Environment } from './env.ts'
import { logProgress } from './render/log.ts'
import { untilSignal } from './signals.ts'

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
  return untilSignal(progress.close, () => work(progress.onEvent))
}
