import type { DatabaseTarget, Listener, Project } from '@techfacts/migrator'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Environment } from './env.ts'

/** One verb of the command line. Adding one touches its file, its test and one line of `commands/index.ts`. */
export interface Command {
  readonly name: string
  /** How it is called, for the help: `up [target]`. */
  readonly usage: string
  readonly summary: string
  readonly options: ParseArgsOptionsConfig
  /** The least and the most number of arguments behind the verb. */
  readonly takes: readonly [least: number, most: number]
  run(call: Call): Promise<Outcome>
}

/** What a command is called with: parsed, nothing connected yet. */
export interface Call {
  readonly args: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly environment: Environment
  readonly project: Project
  /** To the environment's database, unless `url` names another. Throws URL_MISSING, URL_MALFORMED. */
  readonly connection: (overrides?: {
    readonly url?: string
    readonly wait?: number
  }) => DatabaseTarget
  /** Where progress goes: standard error, never the result. */
  readonly onEvent: Listener
}

/** What a command has to say: the same facts as words and as data. */
export interface Outcome {
  readonly text: string
  readonly json: unknown
  readonly exit: number
}
