import { chown, cp, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { serverAccount } from '../account.ts'
import type { Major } from '../binaries.ts'
import { startServer } from '../server.ts'
import { withClient } from './test-database.ts'

/** What a server needs that has a replica. */
export const REPLICATED = {
  wal_level: 'replica',
  max_wal_senders: '4',
  wal_keep_size: '512MB',
  hot_standby: 'on',
}

/** A streaming replica of a test's own server. */
export type Replica = AsyncDisposable & {
  /** It receives, and replays nothing. */
  pause(): Promise<void>
  resume(): Promise<void>
}

/**
 * Starts a replica of the server whose cluster is in `home`: its files are copied while a backup is on, and the rest
 * streams in.
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */
export async function startReplica(
  { url, home }: { readonly url: string; readonly home: string },
  major: Major,
): Promise<Replica> {
  const folder = join(dirname(home), 'replica')
  await copyCluster(url, home, join(folder, `postgres-${major}`))
  const { hostname, port, username, password } = new URL(url)
  const primary = `host=${hostname} port=${port} user=${username} password=${password}`
  const settings = { ...REPLICATED, max_connections: '200', primary_conninfo: primary }
  const server = await startServer({ folder, major, settings })
  const ask = (text: string) => withClient(server.url, (client) => client.query(text))
  return {
    pause: async () => void (await ask('select pg_wal_replay_pause()')),
    resume: async () => void (await ask('select pg_wal_replay_resume()')),
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function copyCluster(url: string, home: string, copy: string): Promise<void> {
  const label = await withClient(url, async (client) => {
    await client.query(`select pg_backup_start('replica', true)`)
    await cp(home, copy, { recursive: true, preserveTimestamps: true })
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(false)',
    )
    return rows[0]?.labelfile ?? ''
  })
  const data = join(copy, 'data')
  await rm(join(data, 'postmaster.pid'), { force: true })
  await writeFile(join(data, 'backup_label'), label)
  await writeFile(join(data, 'standby.signal'), '')
  const account = await serverAccount()
  if (account) await chownAll(copy, account)
}

/** What root has copied belongs to root. */
async function chownAll(
  folder: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const entries = await readdir(folder, { recursive: true })
  for (const path of ['', ...entries]) await chown(join(folder, path), uid, gid)
}
