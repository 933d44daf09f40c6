import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run, type Account } from './run.ts'
/** Where root keeps what the server's account must reach but cannot reach in the repository. */
export const SYSTEM_FOLDER = '/var/lib/techfacts-postgres'

/** Linux packages and images call the account `postgres`; macOS ships one as `_postgres`. */
const NAMES = ['postgres', '_postgres']

/**
 * The account to run a server as, or undefined for the current user: PostgreSQL refuses to run as
 * root. Makes the account `postgres` where there is none.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of NAMES) {
    const account = await lookUp(name)
    if (account) return account
  }
  const made = await run('/usr/sbin/useradd', ['--system', '--user-group', 'postgres'])
  const account = await lookUp('postgres')
  if (account) return account
  throw new Error(
    'PostgreSQL does not run as root, and no user `postgres` could be made ' +
      `(${made.output}). Run this as an ordinary user, or make that user.`,
  )
}

/** Whether `account` can list and read `folder`, asked of the system itself: modes alone miss ACLs. */
export async function canRead(account: Account | undefined, folder: string): Promise<boolean> {
  if (!account) return true
  const test = 'test -r "$1" && test -x "$1"'
  const { code } = await run('/bin/sh', ['-c', test, 'sh', folder], account)
  return code === 0
}

/**
 * `folder`, made if need be, where the server's account can reach it; otherwise a folder of
 * {@link SYSTEM_FOLDER} that belongs to that path.
 */
export async function reachableFolder(
  account: Account | undefined,
  folder: string,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  if (await canRead(account, folder)) return folder
  const key = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const elsewhere = join(SYSTEM_FOLDER, key)
  await mkdir(elsewhere, { recursive: true, mode: 0o755 })
  return elsewhere
}

async function lookUp(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([
    run('/usr/bin/id', ['-u', name]),
    run('/usr/bin/id', ['-g', name]),
  ])
  if (uid.code !== 0 || gid.code !== 0) return undefined
  return { uid: Number(uid.output), gid: Number(gid.output) }
}
