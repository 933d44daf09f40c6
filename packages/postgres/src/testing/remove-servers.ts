import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPostmaster } from '../postmaster.ts'
import { removeFolder } from '../publish-folder.ts'

/** Kills the servers whose clusters are in `folder`, and removes it: none of its data is kept. */
export async function removeServers(folder: string): Promise<void> {
  for (const cluster of await readdir(folder).catch(() => [])) {
    const data = join(folder, cluster, 'data')
    for (;;) {
      const postmaster = await findPostmaster(data)
      if (!postmaster) break
      process.kill(postmaster.pid, 'SIGQUIT') // the immediate shutdown: no checkpoint
      await sleep(20)
    }
  }
  await removeFolder(folder)
}
