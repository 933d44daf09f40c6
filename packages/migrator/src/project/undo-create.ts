import { dirname, join, resolve } from 'node:path'
import { failure } from '../errors/index.ts'
import { hashProject, verifyManifest } from './hash.ts'
import type { Project } from './project.ts'

export interface UndoneCreation {
  readonly name: string
  /** Of the file that was removed. */
  readonly path: string
}

/**
 * Removes the newest migration, with its entry in the manifest and its part of the snapshot. `refusal` says why it may
 * not go: it is applied, or released. Throws UNDO_REFUSED, and what `verifyManifest` throws.
 */
export async function undoCreate(
  project: Project,
  refusal: (undone: UndoneCreation) => Promise<string | undefined>,
): Promise<UndoneCreation> {
  await verifyManifest(project)
  const undone = await removeNewest(project, refusal)
  await hashProject(project)
  return undone
}

async function removeNewest(
  project: Project,
  refusal: (undone: UndoneCreation) => Promise<string | undefined>,
): Promise<UndoneCreation> {
  const loaded = await project.load()
  try {
    const newest = loaded.migrations.at(-1)
    const folder = resolve(dirname(project.manifestPath), loaded.header.folder)
    if (!newest) throw failure('PROJECT_INVALID', { reason: `There is no migration in ${folder}.` })
    const undone = { name: newest.migration.name, path: join(folder, newest.file) }
    const reason = await refusal(undone)
    if (reason !== undefined) throw failure('UNDO_REFUSED', { path: undone.path, reason })
    await loaded.undoCreate(undone.path)
    return undone
  } finally {
    await loaded.close()
  }
}
