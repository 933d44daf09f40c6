import { readFile } from 'node:fs/promises'
import { run } from './run.ts'

/** Whether a process with this id exists, whoever it belongs to. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** What a process was started with; empty where it is gone, or dead and not yet reaped. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  }
  return (await run('/bin/ps', ['-o', 'command=', '-p', String(pid)])).output
}

/** The code of a system's or PostgreSQL's error. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
