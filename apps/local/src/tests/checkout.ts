import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** A copy of the programs with a data folder of its own, so that a developer's data are left alone. */
export async function makeCheckout(): Promise<string> {
  const checkout = await realpath(await mkdtemp(join(tmpdir(), 'techfacts-checkout-')))
  await chmod(checkout, 0o755)
  for (const app of ['local', 'migrate', 'pipeline', 'console'].map((name) => join('apps', name))) {
    await mkdir(join(checkout, app), { recursive: true })
    await cp(join(ROOT, app, 'src'), join(checkout, app, 'src'), { recursive: true })
    await cp(join(ROOT, app, 'package.json'), join(checkout, app, 'package.json'))
    await symlink(join(ROOT, app, 'node_modules'), join(checkout, app, 'node_modules'))
  }
  for (const file of ['index.html', 'vite.config.ts']) {
    await cp(join(ROOT, 'apps/console', file), join(checkout, 'apps/console', file))
  }
  return checkout
}

/** Kills what still runs from the checkout: a test that fails must not make the next one fail. */
export async function killAll(checkout: string): Promise<void> {
  for (const { pid } of await findProcesses(checkout)) process.kill(pid, 'SIGKILL')
  while ((await findProcesses(checkout)).length > 0) await sleep(50)
}

export async function removeCheckout(checkout: string): Promise<void> {
  await rm(checkout, { recursive: true, force: true, maxRetries: 5 })
}

/** A run of the start program. */
export type Run = {
  readonly child: ChildProcess
  /** What it has written so far, both streams. */
  readonly output: () => string
  readonly ended: Promise<number | null>
}

/** Starts the program in a process group of its own, as a terminal does. */
export function runStart(checkout: string, env: Record<string, string>): Run {
  const child = spawn(process.execPath, [join(checkout, 'apps/local/src/main.ts')], {
    detached: true,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return { child, output: () => output, ended: once(child, 'exit').then(() => child.exitCode) }
}

/** Waits until the run has written `text`; fails with what it wrote when it ends before. */
export async function untilWritten(run: Run, text: string): Promise<string> {
  while (!run.output().includes(text)) {
    if (run.child.exitCode !== null || run.child.signalCode !== null) {
      throw new Error(`ended with ${run.child.exitCode ?? run.child.signalCode}:\n${run.output()}`)
    }
    await sleep(50)
  }
  return run.output()
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** The processes whose command line names `path`: programs of a checkout and its server. */
export async function findProcesses(path: string): Promise<{ pid: number; command: string }[]> {
  return (await allProcesses()).filter(({ command }) => command.includes(path))
}

async function allProcesses(): Promise<{ pid: number; command: string }[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    return Promise.all(
      pids.map(async (pid) => {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        return { pid: Number(pid), command }
      }),
    )
  }
  const { stdout } = await promisify(execFile)('/bin/ps', ['-axo', 'pid=,command='])
  return stdout.split('\n').map((line) => {
    const [, pid, command = ''] = /^\s*(\d+)\s+(.*)/.exec(line) ?? []
    return { pid: Number(pid), command }
  })
}
