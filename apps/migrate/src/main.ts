import { writeSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

// Half of what a run with nothing to do costs is compiling; only what is imported later profits.
enableCompileCache()
const { EXIT, maskSecrets, MigratorError } = await import('@techfacts/migrator')
const { runCli } = await import('./cli.ts')
const { readEnvironment } = await import('./env.ts')

/** The program: argv in, exit code out. The only file that exits, and that catches everything. */
async function main(): Promise<number> {
  const argv = process.argv.slice(2)
  const isJson = argv.includes('--json')
  try {
    return await runCli(argv, readEnvironment())
  } catch (error) {
    const known = error instanceof MigratorError ? error : undefined
    const reason = error instanceof Error ? error.message : String(error)
    const message = known?.message ?? maskSecrets(`Unexpected: ${reason}`)
    const exit = known?.exit ?? EXIT.failed
    const { code = 'UNEXPECTED', details = {} } = known ?? {}
    if (isJson)
      process.stdout.write(`${JSON.stringify({ error: { code, exit, message, details } })}\n`)
    else process.stderr.write(`${message}\n`)
    return exit
  }
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
void main().then((exit) => {
  process.off('exit', endEarly)
  process.exitCode = isSuccess ? exit : exit || EXIT.failed
})

/** At once: a process that ends waits for no stream. */
function say(line: string): void {
  writeSync(process.stderr.fd, `${line}\n`)
}
