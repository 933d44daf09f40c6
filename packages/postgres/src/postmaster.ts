import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLine } from './process.ts'

/** A running server, as its data folder's postmaster.pid tells. */
export type Postmaster = { readonly pid: number; readonly port: number }

/**
 * The server that runs on this data folder, if any. A stale postmaster.pid is removed: PostgreSQL
 * would do that itself, except where the process id belongs to another program by now.
 *
 * @see https://www.postgresql.org/docs/current/storage-file-layout.html
 */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const file = join(data, 'postmaster.pid')
  const [pid, , , port] = (await readFile(file, 'utf8').catch(() => '')).split('\n').map(Number)
  if (!pid) return undefined
  if (!(await commandLine(pid)).includes(data)) {
    await rm(file, { force: true })
    return undefined
  }
  return { pid, port: port ?? 0 } // the port is written a moment after the process id
}
