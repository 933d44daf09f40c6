import type { Project } from '../project/project.ts'

/** What a program that is this command line is called, and what it works on unless the caller says otherwise. */
export interface CliSettings {
  /** How it is called in help and hints: `migrate`. */
  readonly program: string
  /** The MikroORM configuration file; without it, the one that MikroORM's CLI would find. */
  readonly config?: string
  /** In place of a configuration file: a project that is a part of the program. */
  readonly project?: Project
  /** Where hash and create run the migrations to see what each changes: `embedded`, or the URL of a server. */
  readonly scratchUrl?: string
}
