import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pnpmThatRuns } from './env.ts'

const run = promisify(execFile)

/**
 * Runs pnpm in a folder: the one that runs this process, if there is one, since `npx` waits for another `npx` of the
 * same package to end. Returns what it printed.
 */
export async function pnpm(args: readonly string[], cwd: string): Promise<string> {
  const own = pnpmThatRuns()
  const [program, first] = own === undefined ? ['npx', ['-y', 'pnpm@12']] : [own, []]
  const { stdout } = await run(program, [...first, ...args], { cwd })
  return stdout
}
