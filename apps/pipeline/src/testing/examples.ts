import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { API_KEY } from './service.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/pipeline/', import.meta.url))

/** What one of the examples is written for. */
export const hasCurl = ['curl', 'jq'].every((program) => !spawnSync(program, ['--version']).error)
if (!hasCurl) console.warn('There is no curl or jq here: the example of them is not run.')

/** Runs an example against a service, and returns the lines that it prints. */
export async function runExample(
  name: 'run.sh' | 'run.ts',
  address: string,
  key = API_KEY,
): Promise<string[]> {
  const program = name.endsWith('.ts') ? process.execPath : 'bash'
  const env = { PATH: process.env['PATH'], API_KEY: key }
  const { stdout } = await promisify(execFile)(program, [`${EXAMPLES}${name}`, address], { env })
  return stdout.trim().split('\n')
}
