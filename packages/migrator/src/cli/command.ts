import type { Argument, Option } from 'commander'
import type { ExitName } from '../errors/entry.ts'
import type { CommandName, WordStep } from '../errors/next-step.ts'
import type { Listener } from '../events.ts'
import type { Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Environment } from './env.ts'
import type { Output } from './output.ts'

/**
 * One command of the command line: what its help says, and what it does. Adding one touches its file, its test and
 * one line of `commands/index.ts`. The declaration is read for help too, so that its file imports what it needs to run
 * within `run`.
 */
export interface Command<Typed extends keyof Output = keyof Output, Flags = never> {
  readonly name: string
  /** A line of the list of commands, and the first one of its own help. */
  readonly summary: string
  /** What else its own help says. */
  readonly description?: string
  readonly arguments: readonly Argument[]
  /** Those of every command, which `options.ts` has, are not among them. */
  readonly options: readonly Option[]
  readonly examples: readonly Example[]
  /** The exit codes that it ends with; `done` and `usage` are every command's. */
  readonly exits: readonly ExitName[]
  run(call: Call<Flags>): Promise<Outcome<Output[Typed]>>
}

/** Several commands under one name. */
export interface CommandGroup {
  readonly name: CommandName
  readonly summary: string
  readonly commands: readonly Command[]
}

/** What is typed after the program's name, and what it does. */
export type Example = readonly [typed: string, what: string]

/** What a command is called with: parsed, nothing connected yet. */
export interface Call<Flags> {
  readonly args: readonly string[]
  readonly flags: Flags
  readonly environment: Environment
  readonly project: Project
  /** The environment's database, unless `url` names another. Throws URL_MISSING, URL_MALFORMED. */
  readonly database: (overrides?: {
    readonly url?: string
    readonly wait?: number
  }) => DatabaseTarget
  /** The server for throw-away databases that records what migrations change, if there is one. */
  readonly scratchUrl: string | undefined
  /** How a next step is written for whoever called this. */
  readonly word: WordStep
  /** Prints what is not the result: on standard error, and nowhere with `--json`. */
  readonly say: (text: string) => void
  /** Where progress goes. */
  readonly onEvent: Listener
}

/** The result of a command: the same facts as words and as data. */
export interface Outcome<Json> {
  readonly text: string
  readonly json: Json
  readonly exit: number
}
