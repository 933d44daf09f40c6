import { EXIT } from '../errors/entry.ts'
import { messageFrom } from '../errors/message-from.ts'
import { MigratorError } from '../errors/index.ts'
import { renderFailure } from '../errors/next-step.ts'
import { maskSecrets } from '../errors/mask-secrets.ts'
import { parse } from './program.ts'
import { printable } from '../errors/printable.ts'
import type { CliSettings } from './settings.ts'
import { wordFor } from './word.ts'

/** Runs one command line in this process, and returns its exit code. The only file that catches everything. */
export async function execute(
  argv: readonly string[],
  settings: CliSettings,
  env?: NodeJS.ProcessEnv,
): Promise<number> {
  try {
    const parsed = await parse(argv, settings.program)
    if ('exit' in parsed) return parsed.exit
    // All that needs a database or a project is loaded only now.
    const { readEnvironment } = await import('./env.ts')
    const { runCommand } = await import('./run.ts')
    return await runCommand(parsed, readEnvironment(env), settings, wordFor(settings.program, argv))
  } catch (error) {
    return report(error, argv, settings)
  }
}

async function report(
  error: unknown,
  argv: readonly string[],
  { program }: CliSettings,
): Promise<number> {
  const known = error instanceof MigratorError ? error : await explain(error)
  const isJson = argv.includes('--json')
  if (known instanceof MigratorError) {
    show(isJson, known, () => renderFailure(known, wordFor(program, argv)))
    return known.exit
  }
  const message = maskSecrets(`Unexpected: ${messageFrom(known)}`)
  show(isJson, { code: 'UNEXPECTED', exit: EXIT.failed, message, details: {} }, () => message)
  return EXIT.failed
}

/** What PostgreSQL or the file system refused, in words; only these need the driver. */
async function explain(error: unknown): Promise<unknown> {
  const { explainRefusal } = await import('../session/explain.ts')
  return explainRefusal(error)
}

function show(isJson: boolean, error: unknown, text: () => string): void {
  if (isJson) process.stdout.write(`${JSON.stringify({ error })}\n`)
  else process.stderr.write(`${printable(text())}\n`)
}
