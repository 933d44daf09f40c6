import { killHard, type Started } from './process.ts'
import type { Moment, Sent } from './moments.ts'
import { startProxy, type Observer } from './proxy.ts'

/** What is stopped: in this process, or as one of its own. */
export interface Work {
  inProcess(url: string): Promise<unknown>
  start(url: string): Started
  /** Whether it may end with this error when it was disturbed: one of its own. */
  givesUpWith(error: unknown): boolean
}

/**
 * A moment at which it is stopped.
 * - `cut`: the connection breaks; the process lives on, and may connect again and come to its end by itself.
 * - `sever`: it breaks, and every login is refused from then on.
 * - `kill`: the process dies by SIGKILL.
 * - `crash`: the server dies, and is started again; the process lives on, as with `cut`.
 */
export interface StopPoint extends Pick<Moment, 'message' | 'when'> {
  readonly how: 'cut' | 'sever' | 'kill' | 'crash'
}

/** A server that may crash. */
export interface Crashing {
  crash(): Promise<void>
  restart(): Promise<void>
}

/** Does it, and stops it at `point`; false where it came to its end before. */
export async function stopAt(
  url: string,
  work: Work,
  point: StopPoint,
  server?: Crashing,
): Promise<boolean> {
  if (point.how === 'kill') return killProcess(url, work, point)
  if (point.how !== 'crash') return breakConnection(url, work, point)
  if (!server) throw new Error('A crash needs a server of its own.')
  return crashServer(url, work, point, server)
}

async function breakConnection(url: string, work: Work, point: StopPoint): Promise<boolean> {
  const isSevered = point.how === 'sever'
  let isStopped = false
  const proxy = await startProxy(url, {
    judge: verdictAt(point),
    stop: async () => {
      isStopped = true
      if (isSevered) proxy.refuse('28000', 'no login any more')
    },
  })
  try {
    await comesToAnEnd(work, proxy.url)
  } finally {
    await proxy.close()
  }
  return isStopped
}

async function crashServer(
  url: string,
  work: Work,
  point: StopPoint,
  server: Crashing,
): Promise<boolean> {
  let restarted: Promise<void> | undefined
  const proxy = await startProxy(url, {
    judge: verdictAt(point),
    stop: async () => {
      proxy.refuse('57P03', 'the database system is starting up')
      await server.crash()
      restarted = server.restart().then(() => proxy.admit())
    },
  })
  try {
    await comesToAnEnd(work, proxy.url)
  } finally {
    // After its last message the work is over before the server is.
    await proxy.close()
    await restarted
  }
  return restarted !== undefined
}

/** It may give up with an error of its own. */
async function comesToAnEnd(work: Work, url: string): Promise<void> {
  try {
    await work.inProcess(url)
  } catch (error) {
    if (!work.givesUpWith(error)) throw error
  }
}

async function killProcess(url: string, work: Work, point: StopPoint): Promise<boolean> {
  let started: Started | undefined
  let isStopped = false
  const stop = async () => {
    isStopped = true
    if (started) await killHard(started)
  }
  const proxy = await startProxy(url, { judge: verdictAt(point), stop })
  started = work.start(proxy.url)
  const { exit, stderr } = await started.ended
  await proxy.close()
  // After its last message the process may be quicker than the signal.
  if (exit !== null && exit !== 0) throw new Error(`It ended before it was killed: ${stderr}`)
  return isStopped
}

function verdictAt({ message, when }: StopPoint): NonNullable<Observer['judge']> {
  return (number) => (number === message ? `stop-${when}` : 'forward')
}

/** The messages of a run that nothing disturbs. */
export async function recordMessages(url: string, work: Work): Promise<Sent[]> {
  const messages: Sent[] = []
  const judge: Observer['judge'] = (_number, message) => {
    messages.push(message)
    return 'forward'
  }
  const proxy = await startProxy(url, { judge })
  try {
    await work.inProcess(proxy.url)
    return messages
  } finally {
    await proxy.close()
  }
}
