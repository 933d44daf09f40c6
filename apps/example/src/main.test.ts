import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

test.each([
  ['', 2, /^DATABASE_URL is not set/],
  [
    'postgres://app:secret@127.0.0.1:1/techfacts',
    1,
    /^The projects cannot be read: .*127\.0\.0\.1:1/,
  ],
])('with DATABASE_URL=%s it ends with %i and one line', async (url, code, line) => {
  const env = { DATABASE_URL: url }
  const ended = promisify(execFile)(process.execPath, [MAIN], { env })
  await expect(ended).rejects.toMatchObject({ code, stderr: expect.stringMatching(line) })
  await expect(ended).rejects.toMatchObject({ stderr: expect.not.stringMatching(/secret|\n./) })
})
