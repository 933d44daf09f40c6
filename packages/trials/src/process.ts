import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A process that has been started. */
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts Node with these arguments, and with nothing in its environment but `env`. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Started {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return { child, ended: waitForEnd(child) }
}

async function waitForEnd(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)))
  const [exit] = await once(child, 'close')
  return { exit, stdout, stderr }
}

/** Kills it with -9, and waits until the kernel has closed its connections. */
export async function killHard({ child, ended }: Started): Promise<void> {
  child.kill('SIGKILL')
  await ended
}
