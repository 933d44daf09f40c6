import { spawn } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import type { Command } from './contender.ts'
import { contendersEnvironment } from '../env.ts'

/** What a whole process took: from its start to its end. */
export interface Measured {
  readonly milliseconds: number
  /** The largest of its processes; undefined where the system has no /proc. */
  readonly peakMiB: number | undefined
}

/** Milliseconds between two looks at the memory of a process. What it reached in between is known from the kernel. */
const LOOK_MS = 20

/** A command that takes longer hangs. */
const LIMIT_MS = 15 * 60_000

/** Runs a command in a folder and measures it. Throws with what it printed when it does not end with 0. */
export async function measure(command: Command, cwd: string): Promise<Measured> {
  const { program, args, env = {} } = command
  const started = performance.now()
  const child = spawn(program, args, {
    cwd,
    env: { ...contendersEnvironment(), ...env },
    timeout: LIMIT_MS,
  })
  const printed: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk))
  let peak: number | undefined
  const look = async () => {
    if (child.pid === undefined) return
    const now = await readPeak(child.pid)
    if (now !== undefined) peak = Math.max(peak ?? 0, now)
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  const exit = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal))
  }).finally(() => clearInterval(timer))
  const milliseconds = performance.now() - started
  if (exit !== 0) {
    const text = Buffer.concat(printed).toString().slice(-2000)
    throw new Error(`${[program, ...args].join(' ')} ended with ${exit}:\n${text}`)
  }
  return { milliseconds, peakMiB: peak }
}

/** The largest resident set that a process or a child of it has had, in MiB. */
async function readPeak(pid: number): Promise<number | undefined> {
  const own = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  if (own === undefined) return undefined
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(own) ?? []
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  )
  const pids = children.flatMap((line) => line.split(' ').filter(Boolean).map(Number))
  const peaks = await Promise.all(pids.map(readPeak))
  return Math.max(Number(kibibytes ?? 0) / 1024, ...peaks.map((peak) => peak ?? 0))
}

/** The middle of an odd number of values, and of an even one the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1)
  return (low + high) / 2
}
