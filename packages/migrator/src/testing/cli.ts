import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Command } from '../cli/command.ts'
import { loadCommands } from '../cli/commands/index.ts'
import { execute } from '../cli/execute.ts'
import { isDeclared } from '../cli/exits.ts'
import type { CliSettings } from '../cli/settings.ts'
import { validateOutput } from './validate-output.ts'

const COMMANDS = await loadCommands()

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

type Env = Readonly<Record<string, string>>

/**
 * Runs a command line as the program does, in this process and with nothing in its environment but `env`; throws
 * where it ends with an exit code that its command does not declare, or prints JSON that its schema does not allow. A
 * process of its own ({@link migrateProcess}) costs up to 2 s of CPU, most of it to load what is loaded here.
 */
export async function migrate(
  args: readonly string[],
  env: Env = {},
  settings: CliSettings = { program: 'migrate' },
): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const exit = await output.run(written, () => execute(args, settings, env))
  return declared(args, { exit, ...written })
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
export async function migrateProcess(
  args: readonly string[],
  env: Env = {},
  cwd?: string,
  main = MAIN,
): Promise<Ended> {
  const ended = await new Promise<Ended>((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, ...(cwd && { cwd }) }
    execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) => {
      const exit = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ exit, stdout, stderr })
    })
  })
  return declared(args, ended)
}

function declared(args: readonly string[], ended: Ended): Ended {
  const [name, verb] = args
  const found = COMMANDS.find((one) => one.name === name)
  const isGroup = found !== undefined && 'commands' in found
  const command: Command | undefined = isGroup
    ? found.commands.find((one) => one.name === verb)
    : found
  if (!command || ended.exit < 0) return ended
  if (!isDeclared(command.exits, ended.exit)) {
    throw new Error(`${name} does not declare exit code ${ended.exit}: ${ended.stderr}`)
  }
  const isPrinted = args.includes('--json') && ended.stdout !== ''
  if (isPrinted) validateOutput(isGroup ? `${name} ${verb}` : command.name, ended.stdout)
  return ended
}
