import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compiledPath } from '../compiled/compiled-file.ts'
import { readText } from '../compiled/json-file.ts'
import { readManifest, writeManifest } from './manifest-file.ts'
import type { MergedSnapshot } from './merge-snapshot.ts'
import type { Project } from './project.ts'
import type { RenamedMigration } from './rename-migration.ts'
import type { Stage } from './stage.ts'

interface Installed {
  /** Where the migrations of the project are. */
  readonly folder: string
  readonly renamed: readonly RenamedMigration[]
  readonly snapshot: MergedSnapshot | undefined
}

/**
 * Brings what was staged into the project. Where a file cannot be written, those that were are as they had been. The
 * manifest comes last: until it is written, the same can be done again.
 */
export async function installStaged(
  project: Project,
  stage: Stage,
  { folder, renamed, snapshot }: Installed,
): Promise<void> {
  const staged = await readManifest(stage.project.manifestPath)
  if (!staged) return
  const undo: (() => Promise<void>)[] = []
  const put = async (path: string, text: string | undefined) => {
    const before = await readText(path)
    if (before === text) return
    undo.unshift(() => replace(path, before))
    await replace(path, text)
  }
  try {
    for (const { from, to, text } of renamed) {
      const [old, path] = [join(folder, from.file), join(folder, to.file)]
      if (old === path) continue
      await rename(old, path)
      undo.unshift(() => rename(path, old))
      await put(path, text)
      await put(compiledPath(folder, from.migration.name), undefined)
    }
    for (const { name } of staged.migrations)
      await put(compiledPath(folder, name), await readText(compiledPath(stage.folder, name)))
    if (snapshot) await put(snapshot.path, snapshot.text)
    await writeManifest(project.manifestPath, { ...staged, folder: stage.header.folder })
  } catch (error) {
    for (const restore of undo) await restore()
    throw error
  }
}

/** In one step, so that nobody reads half of a file. */
async function replace(path: string, text: string | undefined): Promise<void> {
  if (text === undefined) return rm(path, { force: true })
  const beside = `${path}.new`
  await writeFile(beside, text)
  await rename(beside, path)
}
