import { Command as Program, Option, type CommanderError } from 'commander'
import { EXIT } from '../errors/entry.ts'
import { failure } from '../errors/index.ts'
import { VERSION } from '../version.ts'
import type { Command, CommandGroup } from './command.ts'
import { loadCommands } from './commands/index.ts'
import { configureHelp } from './help.ts'
import { COMMON_OPTIONS } from './options.ts'

/** A command line that was read: a command with its arguments and options. */
export interface Parsed {
  readonly command: Command
  readonly args: readonly string[]
  readonly flags: object
}

/** Help or a version was printed, and no command is to run. */
export interface Printed {
  readonly exit: number
}

/**
 * Reads a command line; prints help and version where they are asked for. Nothing that a command needs is
 * loaded. Throws PROJECT_INVALID, which names the nearest command or option.
 */
export async function parse(argv: readonly string[], name: string): Promise<Parsed | Printed> {
  let found: Parsed | undefined
  const program = buildProgram(name, await loadCommands(argv[0]), (parsed) => {
    found = parsed
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof Ended) return { exit: error.exit }
    throw error
  }
  return found ?? { exit: EXIT.done }
}

/** A command line of these commands as commander has it, which `found` is told of. */
export function buildProgram(
  name: string,
  commands: readonly (Command | CommandGroup)[],
  found: (parsed: Parsed) => void,
): Program {
  const program = new Program(name)
    .description(ABOUT)
    .usage('<command> [options]')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption(HELP.flags, HELP.description)
    .helpCommand('help [command]', 'print the help of a command')
  endWith(program, name)
  configureHelp(program)
  for (const one of commands) addTo(program, one, found)
  return program
}

const HELP = new Option('-h, --help', 'print this help')

const ABOUT =
  'Safe schema evolution for PostgreSQL on MikroORM: migrations are checked before they run, applied in journalled segments under a lock that lives as long as the work, and resumed after a kill.'

function addTo(
  parent: Program,
  declared: Command | CommandGroup,
  found: (parsed: Parsed) => void,
): void {
  const { name, summary } = declared
  const command = parent.command(name).summary(summary).helpOption(HELP.flags, HELP.description)
  endWith(command, joinNames(command))
  if ('commands' in declared) {
    command.description(`${capitalized(summary)}.`).usage('<command> [options]')
    configureHelp(command)
    for (const one of declared.commands) addTo(command, one, found)
    return
  }
  command.description(
    [`${capitalized(summary)}.`, declared.description].filter(Boolean).join('\n\n'),
  )
  configureHelp(command, declared)
  for (const argument of declared.arguments) command.addArgument(argument)
  for (const option of [...declared.options, ...COMMON_OPTIONS]) command.addOption(option)
  command.action(() => {
    refuseFlagAsValue(command)
    const args = command.processedArgs.flat().filter((one) => typeof one === 'string')
    found({ command: declared, args, flags: command.opts() })
  })
}

/** commander takes whatever comes next for the value of an option: `--allow-drift --help` would run, with a reason. */
function refuseFlagAsValue(command: Program): void {
  const flags = new Set([...command.options, HELP].flatMap(({ long, short }) => [long, short]))
  for (const option of command.options) {
    const values = [command.getOptionValue(option.attributeName())].flat()
    if (values.some((value) => typeof value === 'string' && flags.has(value)))
      command.error(`option '${option.flags}' argument missing`)
  }
}

/** A command line of which there is nothing left to do: help or version was printed. */
class Ended extends Error {
  readonly exit: number

  constructor(exit: number, cause: CommanderError) {
    super(cause.message, { cause })
    this.exit = exit
  }
}

/** What commander would write and exit with, it throws. */
function endWith(command: Program, path: string): void {
  command.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    if (error.exitCode === 0) throw new Ended(EXIT.done, error)
    // No command at all: the help went to standard error.
    if (error.code === 'commander.help') throw new Ended(EXIT.usage, error)
    const said = error.message.replace(/^error: /, '').replace(/\n\((.*)\)$/, '. $1')
    const sentence = `${capitalized(said)}${/[.?]$/.test(said) ? '' : '.'}`
    throw failure('PROJECT_INVALID', { reason: `${sentence} See: ${path} --help` }, error)
  })
}

function joinNames(command: Program): string {
  return command.parent ? `${joinNames(command.parent)} ${command.name()}` : command.name()
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
