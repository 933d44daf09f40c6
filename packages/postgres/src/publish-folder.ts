import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isAlive } from './process.ts'

/**
 * Makes `folder` all at once: `fill` works in a draft beside it, and the draft is renamed into place.
 * Others see the whole folder or none, a killed process leaves no half, and of two at once the first
 * wins. Does nothing where `folder` exists.
 */
export async function publishFolder(
  folder: string,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  if (await exists(folder)) return
  const parent = dirname(folder)
  await mkdir(parent, { recursive: true, mode: 0o755 })
  const prefix = `${basename(folder)}.draft-`
  await removeAbandoned(parent, prefix)

  const draft = await mkdtemp(join(parent, `${prefix}${process.pid}-`))
  try {
    await chmod(draft, 0o755)
    await fill(draft)
    await rename(draft, folder)
  } catch (error) {
    await removeFolder(draft)
    if (!(await exists(folder))) throw error
  }
}

/**
 * Removes, with `remove`, the folders in `parent` that a dead process left: their names are `prefix`,
 * its pid, a dash and more. Root removes everybody's, others their own.
 */
export async function removeAbandoned(
  parent: string,
  prefix: string,
  remove: (folder: string) => Promise<void> = removeFolder,
): Promise<void> {
  const user = process.getuid?.()
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (Number.isNaN(pid) || isAlive(pid)) continue
    const folder = join(parent, name)
    const owner = await stat(folder).catch(() => undefined) // another process may be quicker
    if (owner && (user === 0 || user === owner.uid)) await remove(folder)
  }
}

/** A process that is just being stopped may still write into the folder: hence the retries. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
