import { databaseTarget, EXIT, failure, parseUrl, type Listener } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/project'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Call, Command } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import type { Environment } from './env.ts'
import { limitsOf, milliseconds } from './limits.ts'
import { withProgress } from './progress.ts'
import { renderHelp } from './render/help.ts'

/** What every command takes. Times are in seconds. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean' },
  config: { type: 'string' },
  wait: { type: 'string' },
  'lock-wait': { type: 'string' },
  'lock-budget': { type: 'string' },
  'statement-timeout': { type: 'string' },
  'cancel-blockers': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

/** Runs one command line; returns its exit code. Throws MigratorError. */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  const [verb, ...rest] = argv
  const command = COMMANDS.find(({ name }) => name === verb)
  if (
    verb === undefined ||
    verb === 'help' ||
    verb === '--help' ||
    verb === '-h' ||
    rest.includes('--help')
  ) {
    process.stdout.write(renderHelp(COMMANDS, command))
    return verb === undefined ? EXIT.usage : EXIT.done
  }
  if (!command) {
    const known = COMMANDS.map(({ name }) => name).join(', ')
    throw failure('PROJECT_INVALID', {
      reason: `There is no command "${verb}". There are: ${known}.`,
    })
  }
  const { args, flags } = parse(command, rest)
  const isJson = flags.json === true
  const work = (onEvent: Listener) => command.run(callOf(args, flags, environment, onEvent))
  const { text, json, exit } = await (isJson ? work(() => {}) : withProgress(environment, work))
  process.stdout.write(isJson ? `${JSON.stringify(json)}\n` : text)
  return exit
}

function callOf(
  args: Call['args'],
  flags: Call['flags'],
  environment: Environment,
  onEvent: Listener,
): Call {
  return {
    args,
    flags,
    environment,
    onEvent,
    project: mikroOrmProject(configPath(flags.config, environment)),
    connection: ({ url = environment.databaseUrl ?? '', wait = 0 } = {}) => {
      parseUrl(url)
      return databaseTarget(url, {
        applicationName: 'migrate',
        wait: milliseconds(flags, 'wait') ?? wait * 1000,
        limits: limitsOf(flags),
        build: environment.build,
        onEvent,
      })
    },
  }
}

function parse(command: Command, rest: readonly string[]) {
  const options = { ...COMMON_OPTIONS, ...command.options }
  try {
    // `-1` is a target, and no option: parseArgs is not to see it.
    const steps = rest.filter((arg) => /^-\d+$/.test(arg))
    const others = rest.filter((arg) => !/^-\d+$/.test(arg))
    const { values, positionals } = parseArgs({ args: others, options, allowPositionals: true })
    const args = [...positionals, ...steps]
    const [least, most] = command.takes
    if (args.length < least || args.length > most) {
      throw new Error(
        `it takes ${least === most ? least : `${least} to ${most}`} arguments, not ${args.length}`,
      )
    }
    return { args, flags: values as Call['flags'] }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw failure('PROJECT_INVALID', {
      reason: `${command.name}: ${reason}. Usage: migrate ${command.usage}`,
    })
  }
}

function configPath(flag: Call['flags'][string], { config }: Environment): string {
  const given = typeof flag === 'string' ? flag : config
  if (given === undefined)
    return fileURLToPath(import.meta.resolve('@techfacts/db/mikro-orm.config'))
  const path = resolve(given)
  if (existsSync(path)) return path
  throw failure('PROJECT_INVALID', {
    reason: `The configuration ${path} does not exist. Check --config or MIGRATE_CONFIG.`,
  })
}
