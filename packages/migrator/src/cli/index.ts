/** The command line, for a program of a project's own that names its configuration. */
import { enableCompileCache } from 'node:module'
import type { CliSettings } from './settings.ts'

export type { CliSettings }

/**
 * Runs the command line on this process's arguments and environment, and sets its exit code.
 *
 * @example
 * void runMigrator({ program: 'migrate', config: fileURLToPath(import.meta.resolve('./mikro-orm.config.ts')) })
 */
export async function runMigrator(settings: CliSettings): Promise<void> {
  // Half of the time of a run with nothing to do is compiling. Only what is imported later profits.
  enableCompileCache()
  const { runProcess } = await import('./process.ts')
  await runProcess(settings)
}
