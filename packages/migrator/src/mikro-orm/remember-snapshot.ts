import { writeFile, rm } from 'node:fs/promises'
import { readText } from '../compiled/json-file.ts'
import type { CreatedFile } from '../project/project.ts'
import { rememberForUndo } from '../project/undo-create.ts'
import { findSnapshot, opened } from './stock-migrator.ts'

/**
 * Runs `create`, which returns the new files, and keeps what the snapshot of the entities was before, so that
 * the creation can be undone without the ORM. Where `create` fails, the snapshot is as it was.
 */
export async function rememberingSnapshot(
  migrator: object,
  root: string,
  create: () => Promise<readonly CreatedFile[]>,
): Promise<readonly CreatedFile[]> {
  const stock = opened(migrator)
  const snapshot = await findSnapshot(stock)
  const before = snapshot === undefined ? undefined : await readText(snapshot)
  try {
    const files = await create()
    const paths = files.map(({ path }) => path)
    if (paths.length > 0) await rememberForUndo(root, paths, snapshot, before)
    return files
  } catch (error) {
    if (snapshot !== undefined) {
      await (before === undefined ? rm(snapshot, { force: true }) : writeFile(snapshot, before))
    }
    throw error
  }
}
