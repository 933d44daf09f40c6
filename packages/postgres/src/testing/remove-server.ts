import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPostmaster } from '../postmaster.ts'
import { isAlive } from '../process.ts'

/** Kills the servers whose clusters are in `folder`, and removes it: none of its data is kept. */
export async function removeServers(folder: string): Promise<void> {
  for (const cluster of await readdir(folder).catch(() => [])) {
    const postmaster = await findPostmaster(join(folder, cluster, 'data'))
    if (!postmaster) continue
    process.kill(postmaster.pid, 'SIGQUIT') // the immediate shutdown: no checkpoint
    while (isAlive(postmaster.pid)) await sleep(20)
  }
  await rm(folder, { recursive: true, force: true })
}
