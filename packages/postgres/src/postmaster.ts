import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLine, isAlive } from './process.ts'

/** A running server, as its data folder's postmaster.pid tells. */
export type Postmaster = { readonly pid: number; readonly port: number }

/**
 * The server that runs on this data folder, if any. PostgreSQL itself removes the postmaster.pid of a
 * server that is gone, except where the process id belongs to another program, or to a dead process
 * that nobody has reaped: there it is removed here.
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
