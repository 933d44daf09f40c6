import type { MigratorError } from '../errors/index.ts'
import { commandLine, renderFailure } from '../errors/next-step.ts'

/** What a person reads of an error: its message, and what to run next in the words of a command line. */
export function toldBy(error: MigratorError): string {
  return renderFailure(error, (step) =>
    'setting' in step ? step.setting : commandLine('migrate', step),
  )
}
