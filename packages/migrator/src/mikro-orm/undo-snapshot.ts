import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure } from '../errors/index.ts'
import { sha256 } from '../sql/checksum.ts'
import { opened } from './stock-migrator.ts'

/** The snapshot of the entities before a migration was created; null where there was none. */
interface Before {
  readonly text: string | null
  /** Of the snapshot after it. */
  readonly after: string
}

/** Runs `create`, and keeps what the snapshot was before, so that it can be undone. `create` returns the new file's path. */
export async function rememberingSnapshot(
  migrator: object,
  root: string,
  create: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const snapshot = await snapshotOf(migrator)
  const text = snapshot === undefined ? null : await read(snapshot)
  const path = await create()
  const after = snapshot === undefined ? null : await read(snapshot)
  if (path === undefined || after === null) return path
  const kept = keptFor(root, path)
  await mkdir(dirname(kept), { recursive: true })
  await writeFile(kept, JSON.stringify({ text, after: sha256(after) } satisfies Before))
  return path
}

/**
 * Removes the file of a migration that was just created, and puts the snapshot back. Throws UNDO_REFUSED where the
 * snapshot was changed since, or nothing is known of the one before.
 */
export async function undoFile(migrator: object, root: string, path: string): Promise<void> {
  const snapshot = await snapshotOf(migrator)
  const now = snapshot === undefined ? null : await read(snapshot)
  const kept = keptFor(root, path)
  if (snapshot !== undefined && now !== null) {
    const before = JSON.parse((await read(kept)) ?? 'null') as Before | null
    if (before?.after !== sha256(now)) {
      const reason = `nobody kept what ${snapshot} was before it. Restore that from version control, and delete the file`
      throw failure('UNDO_REFUSED', { path, reason })
    }
    await (before.text === null ? rm(snapshot) : writeFile(snapshot, before.text))
  }
  await rm(path)
  await rm(kept, { force: true })
}

async function snapshotOf(migrator: object): Promise<string | undefined> {
  const stock = opened(migrator)
  return stock.options.snapshot === false ? undefined : stock.getSnapshotPath()
}

/** Only this checkout needs it, and not for long. */
function keptFor(root: string, path: string): string {
  return join(root, 'node_modules/.cache/techfacts-migrator', `${sha256(path)}.json`)
}

function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}
