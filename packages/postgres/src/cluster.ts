import { randomBytes } from 'node:crypto'
import { chown, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { publishFolder } from './publish-folder.ts'
import { run, type Account } from './run.ts'

/** The superuser that initdb makes. */
export const SUPERUSER = 'postgres'

/**
 * The same everywhere: UTF-8 with case mapping for every letter, ordered by code point. macOS has no
 * C.UTF-8, and orders by code point in this locale.
 */
const LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'

/** One cluster's files, all in one folder. */
export type Cluster = {
  /** PGDATA. */
  readonly data: string
  /** What the server writes. */
  readonly log: string
  /** The superuser's password, made for this cluster. */
  readonly password: string
}

/** Opens the cluster in `folder`, and makes it first where there is none. */
export async function openCluster(
  folder: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<Cluster> {
  await publishFolder(folder, (draft) => initialise(draft, binaries, account))
  return {
    data: join(folder, 'data'),
    log: join(folder, 'server.log'),
    password: await readFile(join(folder, 'password'), 'utf8'),
  }
}

async function initialise(
  folder: string,
  { initdb }: Binaries,
  account: Account | undefined,
): Promise<void> {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 })
  if (account) {
    await chown(folder, account.uid, account.gid)
    await chown(passwordFile, account.uid, account.gid)
  }
  const { code, output } = await run(
    initdb,
    [
      `--pgdata=${join(folder, 'data')}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      `--locale=${LOCALE}`,
      '--lc-messages=C',
      '--no-sync',
      '--no-instructions',
    ],
    account,
  )
  if (code !== 0) throw new Error(`initdb could not make a cluster in ${folder}: ${output}`)
}
