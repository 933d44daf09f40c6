import { fork } from 'node:child_process'
import { once } from 'node:events'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { escapeIdentifier, escapeLiteral } from 'pg'
import { reachableFolder, serverAccount } from '../account.ts'
import type { Major } from '../binaries.ts'
import { findPostmaster } from '../postmaster.ts'
import { removeAbandoned } from '../publish-folder.ts'
import { startServer } from '../server.ts'
import { removeServers } from './remove-servers.ts'
import { newRun, withClient, type TestServer } from './test-database.ts'

const PREFIX = 'techfacts-tests-'

/** Nothing here outlives the run, so nothing waits for the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // The smallest log, and no background workers for databases that live for seconds.
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum: 'off',
  bgwriter_delay: '10s',
  wal_writer_delay: '10s',
  shared_buffers: '32MB',
  max_wal_size: '128MB',
  min_wal_size: '32MB',
  max_connections: '200',
  // Plans may be parallel, and need not start eight processes for a hundred rows.
  max_worker_processes: '2',
  max_logical_replication_workers: '0',
}

/**
 * From 16 on the server is told how often a password is hashed. 4096 times, the default, takes both sides of each of thousands
 * of connections as long as reading the state of a database.
 */
const HASH_ONCE = { scram_iterations: '1' }
const HASHES_ONCE_SINCE = 16

/**
 * Linux keeps these files in memory: a database of 300 files is copied and dropped in 0.07 s, and in up to 1 s on
 * a busy disk. A container has 64 MiB there, which is not enough.
 */
const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 ** 31

async function roomyFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize < ENOUGH_BYTES ? tmpdir() : MEMORY
}

/** A server that is there for one test run. */
export type LeasedServer = { readonly server: TestServer; readonly close: () => Promise<void> }

/** One that this process may let crash. */
export type ThrowAwayServer = LeasedServer & {
  /** Where its cluster is. */
  readonly home: string
  /** Crashes it, as `pg_ctl stop -m immediate` does; returns when it is gone. */
  readonly crash: () => Promise<void>
  /** Starts it again where it was, by the same URL; returns when it has recovered. */
  readonly restart: () => Promise<void>
}

/**
 * Starts a server in memory, or in the temporary folder. It is removed by `close()`, or by a process of its own
 * when this one ends in any other way; what that one leaves, the next run removes.
 */
export async function startThrowAwayServer(
  major: Major,
  settings: Readonly<Record<string, string>> = {},
): Promise<ThrowAwayServer> {
  const base = await reachableFolder(await serverAccount(), await roomyFolder())
  await removeAbandoned(base, PREFIX, removeServers)

  const run = newRun()
  const folder = join(base, `${PREFIX}${process.pid}-${run}`)
  const remover = fork(new URL('remover.ts', import.meta.url), [folder], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const close = async () => {
    const exit = once(remover, 'exit')
    remover.disconnect()
    const [code] = await exit
    if (code !== 0) throw new Error(`The test server of ${folder} could not be removed.`)
  }
  try {
    const hashesOnce = major >= HASHES_ONCE_SINCE
    const own = { ...SETTINGS, ...(hashesOnce && HASH_ONCE), ...settings }
    const options = { folder, major, settings: own }
    const { url, folder: home } = await startServer(options)
    if (hashesOnce) await setPasswordAgain(url)
    const restart = async () => {
      await startServer({ ...options, settings: { ...options.settings, port: new URL(url).port } })
    }
    return { server: { url, run }, home, close, crash: () => crash(join(home, 'data')), restart }
  } catch (error) {
    await close()
    throw error
  }
}

/** That of initdb was hashed before the server had its settings. */
async function setPasswordAgain(url: string): Promise<void> {
  const { username, password } = new URL(url)
  await withClient(url, (client) =>
    client.query(`alter role ${escapeIdentifier(username)} password ${escapeLiteral(password)}`),
  )
}

async function crash(data: string): Promise<void> {
  const postmaster = await findPostmaster(data)
  if (postmaster) process.kill(postmaster.pid, 'SIGQUIT')
  while (await findPostmaster(data)) await sleep(5)
}
