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
 */
export interface StopPoint {
  /** The number of the message, from 1, of both directions and all connections together. */
  readonly message: number
  readonly when: 'before' | 'after'
  readonly how: 'cut' | 'sever' | 'kill'
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

/** Does it, and stops it at `point`. */
export async function stopAt(url: string, doing: Doing, point: StopPoint): Promise<void> {
  await (point.how === 'kill' ? killProcess : breakConnection)(url, doing, point)
}

async function breakConnection(url: string, doing: Doing, point: StopPoint): Promise<void> {
  const isSevered = point.how === 'sever'
  const proxy = await startProxy(url, {
    judge: verdictAt(point),
    stop: async () => (isSevered ? proxy.refuse('28000', 'no login any more') : undefined),
  })
  try {
    await doing.inProcess(proxy.url)
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
  } finally {
    await proxy.close()
  }
}

async function killProcess(url: string, doing: Doing, point: StopPoint): Promise<void> {
  let started: Started | undefined
  const stop = async () => started && killHard(started)
  const proxy = await startProxy(url, { judge: verdictAt(point), stop })
  started = startMigrate(doing.args, { DATABASE_URL: proxy.url })
  const { exit, stderr } = await started.ended
  await proxy.close()
  // Behind its last message the process may be quicker than the signal.
  if (exit !== null && exit !== 0) throw new Error(`It ended before it was killed: ${stderr}`)
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
