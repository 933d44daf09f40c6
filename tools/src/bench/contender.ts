import type { Chain } from './chains.ts'

/** A process to run: what it needs is in the folder of the project. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** The commands of a project that has been written for a chain and a database. */
export interface Prepared {
  /** Brings the database to the end of the chain; with nothing pending it finds that out. */
  readonly up: Command
  /** Run once before `up` is measured: what an author does when a migration is written. */
  readonly author?: Command
}

/** A tool that applies migrations. */
export interface Contender {
  readonly name: string
  /** What it does differently, where the figures would mislead without it. */
  readonly note?: string
  /** Its packages from npm, by name, with exact versions. */
  readonly packages: Readonly<Record<string, string>>
  /** Writes its project into a folder that is empty, and below the `node_modules` of all contenders. */
  prepare(place: Place, chain: Chain): Promise<Prepared>
}

/** Where a project of a contender stands. */
export interface Place {
  readonly folder: string
  /** The folder whose `node_modules` holds all contenders. */
  readonly installed: string
  readonly url: string
}
