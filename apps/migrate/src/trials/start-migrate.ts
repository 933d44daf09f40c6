import { startProgram, type Started } from '@techfacts/trials'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))

/** Starts the program as a process of its own, with nothing in its environment but `env`. */
export function startMigrate(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Started {
  return startProgram([...nodeOptions, MAIN, ...args], env)
}
