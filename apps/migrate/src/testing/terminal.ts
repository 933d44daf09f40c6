import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))

/** True where util-linux's `script` lends a process a terminal of its own. */
export const HAS_TERMINAL = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString())

/**
 * Runs the program on a terminal, as a person would; returns all that it wrote there. Once that matches
 * `interruptAt`, Ctrl-C is pressed.
 */
export async function migrateOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { columns, interruptAt }: { columns: number; interruptAt?: RegExp },
): Promise<{ exit: number; screen: string }> {
  const command = `stty cols ${columns}; exec "$NODE" "$MAIN" ${args.join(' ')}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', NODE: process.execPath, MAIN, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  let isInterrupted = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    if (isInterrupted || !interruptAt?.test(screen)) return
    isInterrupted = true
    child.stdin.write('\u{3}')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { exit: code ?? -1, screen }
}
