import type { Command as Program } from 'commander'
import { loadCommands } from '../commands/index.ts'
import { buildProgram } from '../program.ts'

const COMMANDS = await loadCommands()

/** Every command of the command line, with the groups that some of them are in. */
export function programs(
  program: Program = buildProgram('migrate', COMMANDS, () => {}),
): Program[] {
  return [program, ...program.commands.flatMap((one) => programs(one))]
}

/** docs/cli.md: what `--help` prints, of the program and of each command. */
export function reference(): string {
  const [whole, ...commands] = programs()
  const sections = commands.map(
    (command) => `## ${titleOf(command)}\n\n${block(command.helpInformation())}`,
  )
  return `${[INTRODUCTION, block(whole?.helpInformation() ?? ''), ...sections].join('\n\n')}\n`
}

const INTRODUCTION = `<!-- Generated from the commands: pnpm docs:cli -->

# Command line

In this repository the program is \`pnpm migrate\`, in a project that has installed the package it is
\`npx @techfacts/migrator\`. Each command prints its own part of this page: \`migrate up --help\`.

An \`.env\` file is read the way Node does it, and only where a project wants it:

\`\`\`sh
node --env-file=.env node_modules/@techfacts/migrator/dist/cli/main.js up
\`\`\`
`

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``
}

function titleOf(command: Program): string {
  const isTop = !command.parent?.parent
  return isTop ? command.name() : `${command.parent?.name()} ${command.name()}`
}
