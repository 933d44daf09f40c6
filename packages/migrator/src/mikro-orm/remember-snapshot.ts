import { writeFile, rm } from 'node:fs/promises'
import { readText } from '../compiled/json-file.ts'
import { rememberForUndo } from '../project/undo-create.ts'
import { findSnapshot, opened } from './stock-migrator.ts'

/**
 * Runs `create`, which returns the paths of the new files, and keeps what the snapshot of the entities was before, so that
 * the creation can be undone without the ORM. Where `create` fails, the snapshot is as it was.
 */
export async function rememberingSnapshot(
  migrator: object,
  root: string,
  create: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const stock = opened(migrator)
  const snapshot = await findSnapshot(stock)
  const before = snapshot === undefined ? undefined : await readText(snapshot)
  try {
    const paths = await create()
    if (paths.length > 0) await rememberForUndo(root, paths, snapshot, before)
    return paths
  } catch (error) {
    if (snapshot !== undefined) {
      await (before === undefined ? rm(snapshot, { force: true }) : writeFile(snapshot, before))
    }
    throw error
  }
}
