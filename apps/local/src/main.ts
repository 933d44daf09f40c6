import { ChildError } from './child.ts'
import { readSettings, SettingsError } from './env.ts'
import { whenStarterEnds } from './starter.ts'
import { start } from './start.ts'

/** Runs the database, the migrate step and the service until Ctrl-C. The only file that exits. */
async function main(): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop.abort())
  process.stdout.on('error', () => stop.abort()) // nobody reads any more: the terminal was closed
  try {
    const settings = readSettings()
    if (settings.isScript) await whenStarterEnds(() => stop.abort())
    await start(settings, stop.signal, (text) => process.stdout.write(`${text}\n`))
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof SettingsError) return 2
    return error instanceof ChildError ? error.exitCode : 1
  }
}

process.exit(await main())
