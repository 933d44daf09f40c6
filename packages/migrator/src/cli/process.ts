import { messageFrom } from '../errors/message-from.ts'
import { writeSync } from 'node:fs'
import { EXIT } from '../errors/entry.ts'
import { execute } from './execute.ts'
import type { CliSettings } from './settings.ts'

/** The program: argv in, exit code out. The only file that ends the process. */
export async function runProcess(settings: CliSettings): Promise<void> {
  // Until the work is done nothing is a success: code of a project may end the process, or leave nothing to wait for.
  const endEarly = () => {
    process.exitCode = EXIT.failed
    say(
      `Code of the project ended the process before the work was done. What was open was rolled back. See: ${settings.program} status`,
    )
  }
  process.once('exit', endEarly)
  let isSuccess = true
  process.on('unhandledRejection', (reason) => {
    isSuccess = false
    say(`Nobody waited for what failed: ${messageFrom(reason)}`)
  })
  listenToOutputs((error) => {
    isSuccess = false
    process.exitCode ||= EXIT.failed
    say(`What was to be printed cannot be written: ${messageFrom(error)}`)
  })
  const exit = await execute(process.argv.slice(2), settings)
  process.off('exit', endEarly)
  process.exitCode = isSuccess ? exit : exit || EXIT.failed
}

/** Where nobody reads any more, as after `head`, the work goes on, and its exit code is what counts. */
function listenToOutputs(fail: (error: Error) => void): void {
  let hasFailed = false
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || hasFailed) return
      hasFailed = true
      fail(error)
    })
}

/** At once: a process that ends waits for no stream. Where nobody reads, there is nobody to tell. */
function say(line: string): void {
  try {
    writeSync(process.stderr.fd, `${line}\n`)
  } catch {}
}
