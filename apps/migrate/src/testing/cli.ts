import {
  migrate as run,
  migrateProcess as runProcess,
  type Ended,
} from '@techfacts/migrator/testing'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '../settings.ts'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))

export type { Ended }

type Env = Readonly<Record<string, string>>

/** Runs a command line as this app does, in this process and with nothing in its environment but `env`. */
export function migrate(args: readonly string[], env: Env = {}): Promise<Ended> {
  return run(args, env, SETTINGS)
}

/** Runs the app as a process of its own, where that is what is tested. */
export function migrateProcess(args: readonly string[], env: Env = {}): Promise<Ended> {
  return runProcess(args, env, undefined, MAIN)
}
