import { explainRefusal, EXIT, MigratorError, maskSecrets } from '@techfacts/migrator'
import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runCli } from '../cli.ts'
import { readEnvironment } from '../env.ts'
import { printable } from '../render/words.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

type Env = Readonly<Record<string, string>>

/**
 * Runs a command line as the program does, in this process and with nothing in its environment but `env`. A
 * process of its own takes 0.7 s of CPU before it has done anything: see {@link migrateProcess}.
 */
export async function migrate(args: readonly string[], env: Env = {}): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const exit = await output.run(written, async () => {
    try {
      return await runCli(args, readEnvironment(env))
    } catch (error) {
      const known = explainRefusal(error)
      const isKnown = known instanceof MigratorError
      const said = known instanceof Error ? known.message : String(known)
      const message = printable(isKnown ? said : maskSecrets(`Unexpected: ${said}`))
      if (args.includes('--json')) written.stdout += `${JSON.stringify({ error: known })}\n`
      else written.stderr += `${message}\n`
      return isKnown ? known.exit : EXIT.failed
    }
  })
  return { exit, ...written }
}

/** Where the command that is at work writes: several may be at once. */
const output = new AsyncLocalStorage<{ stdout: string; stderr: string }>()
for (const name of ['stdout', 'stderr'] as const) {
  const stream = process[name]
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    const written = output.getStore()
    if (!written) return Reflect.apply(write, stream, [chunk, ...rest]) === true
    written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    return true
  }
}

/** Runs the program as a process of its own, where that is what is tested. */
export async function migrateProcess(args: readonly string[], env: Env = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } }
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      const exit = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ exit, stdout, stderr })
    })
  })
}
