import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('what fails once a signal has ended the work is not told of', async () => {
  const program = `
    import { untilSignal } from ${JSON.stringify(new URL('signals.ts', import.meta.url).href)}
    process.on('unhandledRejection', (error) => console.error(error.message))
    await untilSignal(() => Promise.reject(new Error('The server is gone.')), () => {
      setInterval(() => {}, 1000)
      process.kill(process.pid, 'SIGINT')
      return new Promise(() => {})
    })`
  const args = ['--input-type=module', '--eval', program]
  const ended: unknown = await promisify(execFile)(process.execPath, args).catch((error) => error)
  expect(ended).toMatchObject({
    signal: 'SIGINT',
    stderr: expect.stringMatching(/^Stopped by.*\n$/),
  })
})
