import { writeSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

// Half of what a run with nothing to do costs is compiling; only what is imported later profits.
enableCompileCache()
const { commandLine, EXIT, explainRefusal, MigratorError, maskSecrets, renderFailure } =
  await import('@techfacts/migrator')
const { runCli } = await import('./cli.ts')
const { readEnvironment } = await import('./env.ts')
const { printable } = await import('./render/words.ts')

/** What sets what. */
const VARIABLES = {
  databaseUrl: 'DATABASE_URL',
  directUrl: 'MIGRATE_DATABASE_URL',
  rolePassword: 'MIGRATE_ROLE_PASSWORD',
} as const

/** The program: argv in, exit code out. The only file that exits, and that catches everything. */
async function main(): Promise<number> {
  const argv = process.argv.slice(2)
  const isJson = argv.includes('--json')
  try {
    return await runCli(argv, readEnvironment())
  } catch (error) {
    const known = explainRefusal(error)
    if (!(known instanceof MigratorError)) return reportFault(known, isJson)
    if (isJson) process.stdout.write(`${JSON.stringify({ error: known })}\n`)
    else {
      const text = renderFailure(known, (step) =>
        'setting' in step
          ? VARIABLES[step.setting]
          : commandLine(step.command === 'again' ? `migrate ${argv.join(' ')}` : 'migrate', step),
      )
      process.stderr.write(`${printable(maskSecrets(text))}\n`)
    }
    return known.exit
  }
}

/** A fault of this program, not of what it was given. */
function reportFault(error: unknown, isJson: boolean): number {
  const reason = error instanceof Error ? error.message : String(error)
  const message = maskSecrets(`Unexpected: ${reason}`)
  const exit = EXIT.failed
  const fault = { code: 'UNEXPECTED', exit, message, details: {} }
  if (isJson) process.stdout.write(`${JSON.stringify({ error: fault })}\n`)
  else process.stderr.write(`${printable(message)}\n`)
  return exit
}

// Until the work is done nothing is a success: code of a project may end the process, or leave nothing to wait for.
const endEarly = () => {
  process.exitCode = EXIT.failed
  say(
    'Code of the project ended the process before the work was done. What was open was rolled back. See: migrate status',
  )
}
process.once('exit', endEarly)
let isSuccess = true
process.on('unhandledRejection', (reason) => {
  isSuccess = false
  say(`Nobody waited for what failed: ${reason instanceof Error ? reason.message : String(reason)}`)
})
// Not awaited here: Node would complain of it, in words of its own, where nothing is left to wait for.
void settle()

async function settle(): Promise<void> {
  const exit = await main()
  process.off('exit', endEarly)
  process.exitCode = isSuccess ? exit : exit || EXIT.failed
}

/** At once: a process that ends waits for no stream. */
function say(line: string): void {
  writeSync(process.stderr.fd, `${line}\n`)
}
