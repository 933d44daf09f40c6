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

process.exitCode = await main()
