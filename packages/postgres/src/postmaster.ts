import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from './process.ts'
import { run } from './run.ts'

/** A running server, as its data folder's postmaster.pid tells. */
export type Postmaster = { readonly pid: number; readonly port: number }

/**
 * The server that runs on this data folder, if any. A postmaster.pid of a server that is gone is
 * PostgreSQL's own to clean up; only where its process id now belongs to another program, which
 * PostgreSQL takes for a running server, is the file removed here.
 *
 * @see https://www.postgresql.org/docs/current/storage-file-layout.html
 */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const file = join(data, 'postmaster.pid')
  const [pid, , , port] = (await readFile(file, 'utf8').catch(() => '')).split('\n').map(Number)
  if (!pid || !isAlive(pid)) return undefined
  if (!(await commandLine(pid)).includes(data)) {
    await rm(file, { force: true })
    return undefined
  }
  return { pid, port: port ?? 0 } // the port is written a moment after the process id
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  }
  return (await run('/bin/ps', ['-o', 'command=', '-p', String(pid)])).output
}
