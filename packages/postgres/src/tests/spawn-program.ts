import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of this folder that has been started, and the first line that it printed. */
export type Program = { readonly child: ChildProcess; readonly firstLine: string }

/** Starts a program of this folder and waits for its first line. */
export async function spawnProgram(
  name: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Program> {
  const file = fileURLToPath(new URL(name, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk) => (errors += String(chunk)))
  if (!child.stdout) throw new Error('no stdout')
  const lines = createInterface({ input: child.stdout })
  const firstLine = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${String(code)}: ${errors}`)
    }),
  ])
  return { child, firstLine }
}

/** Sends a signal and waits for the program to end; returns its exit code. */
export async function signalAndWait(child: ChildProcess, signal: NodeJS.Signals) {
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
  return child.exitCode
}
