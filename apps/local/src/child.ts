import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How long a program may take to end after SIGTERM, in milliseconds. */
const GRACE = 15_000

/** A program of this workspace that runs as a child process. */
export type Child = {
  /**
   * Waits for it to end; stops it when `signal` is aborted.
   *
   * @throws {@link ChildError} when it fails.
   */
  complete(signal: AbortSignal): Promise<void>
  /** Asks it to end by SIGTERM, makes it end where it does not, and waits. */
  stop(): Promise<void>
}

/** Thrown when a program has failed. */
export class ChildError extends Error {
  override readonly name = 'ChildError'
  readonly exitCode: number

  constructor(program: string, exitCode: number) {
    super(`${program} ended with exit code ${exitCode}: see its message above.`)
    this.exitCode = exitCode
  }
}

/**
 * Starts a program in a process group of its own: a terminal's Ctrl-C reaches only this process, which
 * stops the others in order. The child ends by itself where this process dies.
 */
export function startChild(
  name: string,
  program: URL,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): Child {
  const preload = new URL('end-with-parent.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--import', preload, fileURLToPath(program), ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(() => child.exitCode ?? 1) // 1: it died by a signal

  const terminate = () => {
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), GRACE).unref()
  }
  return {
    complete: async (signal) => {
      signal.addEventListener('abort', terminate)
      const code = await ended
      signal.removeEventListener('abort', terminate)
      if (code !== 0 && !signal.aborted) throw new ChildError(name, code)
    },
    stop: async () => {
      terminate()
      await ended
    },
  }
}
