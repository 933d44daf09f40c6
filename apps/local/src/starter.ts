import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'

/** How often the starters are looked at, in milliseconds. */
const INTERVAL = 500

const PACKAGE_MANAGERS = new Set(['npm', 'npx', 'pnpm'])

/**
 * Calls `stop` when a package manager that started this program is gone. `npx` runs `pnpm` in a shell,
 * and pnpm runs this program in a process group of its own: a signal to npx alone ends only npx.
 */
export async function whenStarterEnds(stop: () => void): Promise<void> {
  const starters = await packageManagersAbove(process.ppid)
  const timer = setInterval(() => {
    if (starters.every(isAlive)) return
    clearInterval(timer)
    stop()
  }, INTERVAL)
  timer.unref()
}

/** The package managers among the ancestors, up to the first that is neither one nor a shell of one. */
async function packageManagersAbove(pid: number): Promise<number[]> {
  const ancestor = await readProcess(pid)
  if (!ancestor) return []
  const [program = '', script = ''] = ancestor.command.split(/[\0 ]+/).map(readName)
  const above = () => packageManagersAbove(ancestor.parent)
  if (program === 'sh') return above()
  const isManager = PACKAGE_MANAGERS.has(program) || PACKAGE_MANAGERS.has(script)
  return isManager ? [pid, ...(await above())] : []
}

/** `npx` of `/usr/bin/npx`, and `pnpm` of `…/pnpm.cjs`. */
function readName(path: string): string {
  return basename(path).replace(/(-cli)?\.[cm]?js$/, '')
}

type Process = { readonly parent: number; readonly command: string }

async function readProcess(pid: number): Promise<Process | undefined> {
  try {
    if (process.platform === 'linux') {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
      return { parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), command }
    }
    const columns = ['-o', 'ppid=', '-o', 'command=', '-p', String(pid)]
    const { stdout } = await promisify(execFile)('/bin/ps', columns)
    const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? []
    return { parent: Number(parent), command }
  } catch {
    return undefined // it is gone, or not ours to look at
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
