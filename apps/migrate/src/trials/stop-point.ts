import { MigratorError } from '@techfacts/migrator'
import { killHard, startMigrate, type Started } from './process.ts'
import { startProxy, type Observer } from './proxy.ts'

/** What is stopped: in this process, or as one of its own. */
export interface Doing {
  inProcess(url: string): Promise<unknown>
  readonly args: readonly string[]
}

/**
 * A moment at which it is stopped.
 * - `cut`: the connection breaks; the process lives on, and may connect anew and come to its end by itself.
 * - `sever`: it breaks, and every login is refused from then on.
 * - `kill`: the process dies by SIGKILL.
 * - `crash`: the server dies, and is started again; the process lives on, as with `cut`.
 */
export interface StopPoint {
  /** The number of the message, from 1, of both directions and all connections together. */
  readonly message: number
  readonly when: 'before' | 'after'
  readonly how: 'cut' | 'sever' | 'kill' | 'crash'
}

/** A server that may crash. */
export interface Crashing {
  crash(): Promise<void>
  restart(): Promise<void>
}

/**
 * Every moment between two messages. Before a message that follows one of the same side is no moment of
 * its own: it is the one after that message.
 */
export function momentsOf(sides: readonly string[]): Pick<StopPoint, 'message' | 'when'>[] {
  return sides.flatMap((side, i) => {
    const message = i + 1
    const after = { message, when: 'after' } as const
    return side === sides[i - 1] ? [after] : [{ message, when: 'before' } as const, after]
  })
}

/** Does it, and stops it at `point`; false where it came to its end before. */
export async function stopAt(
  url: string,
  doing: Doing,
  point: StopPoint,
  server?: Crashing,
): Promise<boolean> {
  if (point.how === 'kill') return killProcess(url, doing, point)
  if (point.how !== 'crash') return breakConnection(url, doing, point)
  if (!server) throw new Error('A crash needs a server of its own.')
  return crashServer(url, doing, point, server)
}

async function breakConnection(url: string, doing: Doing, point: StopPoint): Promise<boolean> {
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
    await comesToAnEnd(doing, proxy.url)
  } finally {
    await proxy.close()
  }
  return isStopped
}

async function crashServer(
  url: string,
  doing: Doing,
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
    await comesToAnEnd(doing, proxy.url)
  } finally {
    await restarted
    await proxy.close()
  }
  return restarted !== undefined
}

/** It may give up, with a word of its own. */
async function comesToAnEnd(doing: Doing, url: string): Promise<void> {
  try {
    await doing.inProcess(url)
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
  }
}

async function killProcess(url: string, doing: Doing, point: StopPoint): Promise<boolean> {
  let started: Started | undefined
  let isStopped = false
  const stop = async () => {
    isStopped = true
    if (started) await killHard(started)
  }
  const proxy = await startProxy(url, { judge: verdictAt(point), stop })
  started = startMigrate(doing.args, { DATABASE_URL: proxy.url })
  const { exit, stderr } = await started.ended
  await proxy.close()
  // Behind its last message the process may be quicker than the signal.
  if (exit !== null && exit !== 0) throw new Error(`It ended before it was killed: ${stderr}`)
  return isStopped
}

function verdictAt({ message, when }: StopPoint): NonNullable<Observer['judge']> {
  return (number) => (number === message ? `stop-${when}` : 'forward')
}

/** The side that sent each message of an undisturbed run. */
export async function recordSides(url: string, doing: Doing): Promise<string[]> {
  const sides: string[] = []
  const judge: Observer['judge'] = (_number, _message, from) => {
    sides.push(from)
    return 'forward'
  }
  const proxy = await startProxy(url, { judge })
  try {
    await doing.inProcess(proxy.url)
    return sides
  } finally {
    await proxy.close()
  }
}
