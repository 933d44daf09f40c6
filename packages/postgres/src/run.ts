import { spawn } from 'node:child_process'

/** The operating system's user that a program runs as. */
export type Account = { readonly uid: number; readonly gid: number }

/** How a program ended: its exit code and what it wrote, trimmed. */
export type Outcome = { readonly code: number | null; readonly output: string }

/**
 * Runs a program to its end, as `account` if one is given. It gets its own process group, so that a
 * terminal's Ctrl-C does not interrupt it half-way, and the C locale, so that messages are English.
 */
export function run(file: string, args: readonly string[], account?: Account): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...account,
      cwd: '/', // the account may not be able to enter the current folder
      detached: true,
      env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (output += String(chunk)))
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    child.on('close', (code) => resolve({ code, output: output.trim() }))
  })
}
