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
    await rm(draft, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
}

/**
 * Removes the folders in `parent` that a dead process left: their names are `prefix`, its pid, a dash
 * and more. `before` sees each one first. What another user left is not ours to remove.
 */
export async function removeAbandoned(
  parent: string,
  prefix: string,
  before: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(prefix)
      ? Number.parseInt(name.slice(prefix.length), 10)
      : Number.NaN
    if (Number.isNaN(pid) || isAlive(pid)) continue
    const folder = join(parent, name)
    const { uid } = await stat(folder).catch(() => ({ uid: -1 })) // another run may have swept it
    const user = process.getuid?.()
    if (user !== 0 && uid !== user) continue
    await before(folder)
    await rm(folder, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
