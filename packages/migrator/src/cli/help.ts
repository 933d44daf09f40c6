import { Help, type Argument, type Command as Program, type Option } from 'commander'
import process from 'node:process'
import type { ExitName } from '../errors/entry.ts'
import type { Command } from './command.ts'
import { VARIABLES } from './env.ts'
import { EXIT_WORDS, exitLines, SIGNAL_WORDS } from './exits.ts'

/** Wider lines are hard to read. For narrow terminals commander has a minimum of its own. */
const WIDEST = 100

/** Gives a command's help its examples and exit codes; without `declared` the whole program's. */
export function configureHelp(program: Program, declared?: Command): void {
  const sections = (helper: Help): string[] => {
    if (!declared)
      return program.parent
        ? []
        : [
            ...table(helper, EXITS, [...exitLines(ALL_EXITS), ...SIGNAL_WORDS]),
            ...variables(helper),
          ]
    const examples = declared.examples.map(([typed, what]): [string, string] => [
      [pathTo(program), typed].filter(Boolean).join(' '),
      what,
    ])
    return [...stacked(helper, 'Examples:', examples), ...exits(helper, declared.exits)]
  }
  program
    .configureOutput({ getOutHelpWidth: () => Math.min(process.stdout.columns ?? 80, WIDEST) })
    .configureHelp({
      formatHelp: (command, helper) =>
        [Help.prototype.formatHelp.call(helper, command, helper), ...sections(helper)].join('\n'),
      subcommandTerm: (command) => command.name(),
      optionDescription: describe,
      argumentDescription: describe,
    })
}

/** Some defaults are words that say what happens without the option. */
function describe({
  description,
  defaultValue,
  defaultValueDescription,
}: Option | Argument): string {
  const without = defaultValueDescription ?? (defaultValue as string | undefined)
  return without === undefined ? description : `${description} (default: ${without})`
}

const EXITS = 'Exit codes:'

const ALL_EXITS = Object.keys(EXIT_WORDS) as ExitName[]

function exits(helper: Help, names: readonly ExitName[]): string[] {
  return table(helper, EXITS, exitLines(names))
}

function variables(helper: Help): string[] {
  const heading = 'Environment (an .env file is read the way Node does it: node --env-file=.env):'
  return table(helper, heading, VARIABLES)
}

/** Terms beside what they mean. */
function table(
  helper: Help,
  heading: string,
  rows: readonly (readonly [term: string, words: string])[],
): string[] {
  const width = Math.max(...rows.map(([term]) => term.length))
  const items = rows.map(([term, words]) => helper.formatItem(term, width, words, helper))
  return helper.formatItemList(heading, items, helper)
}

/** Terms above what they mean. */
function stacked(
  helper: Help,
  heading: string,
  rows: readonly (readonly [term: string, words: string])[],
): string[] {
  const items = rows.flatMap(([term, words]) => [
    `  ${term}`,
    ...helper
      .boxWrap(words, (helper.helpWidth ?? 80) - 6)
      .split('\n')
      .map((line) => `      ${line}`),
  ])
  return helper.formatItemList(heading, items, helper)
}

function pathTo(program: Program): string {
  return program.parent ? `${pathTo(program.parent)} ${program.name()}` : program.name()
}
